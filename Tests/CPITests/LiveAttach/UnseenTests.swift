import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A VM in which no command starts")
struct UnseenTests {
    let scene: Scene

    init() throws {
        scene = try LiveAttachTests().scene
        _ = try scene.attach()
    }

    @Test("may have its disk still: nobody deletes that, gives it away, or calls it detached")
    func noCommands() throws {
        // Nothing in Docker says that the VM has it.
        scene.docker.state.containers.removeAll { $0.name == DiskCID(scene.disk).pin }
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first)
        scene.docker.startsNoCommands = true
        let disk = JSON.string(scene.disk)
        for (method, arguments) in [
            ("delete_disk", [disk]), ("attach_disk", [other, disk]),
            ("detach_disk", [.string(scene.vm), disk]),
        ] {
            let failure = #expect(throws: CallFailure.self, "\(method)") {
                try scene.runner.call(method, arguments)
            }
            #expect(failure?.message.contains("cannot be looked into") == true, "\(failure)")
        }
        #expect(scene.isAttachedLive && scene.docker.state.volumes[scene.disk] != nil)
        scene.docker.startsNoCommands = false
        _ = try scene.detach()
        #expect(!scene.isAttachedLive)
    }
}
