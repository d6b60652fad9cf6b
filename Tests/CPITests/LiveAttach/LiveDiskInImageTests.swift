import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A disk that was attached while the VM ran, when an image is all that is left of the VM")
struct LiveDiskInImageTests {
    let scene: Scene
    let live: DiskCID
    let second: String

    init() throws {
        scene = try LiveAttachTests().scene
        _ = try scene.attach()
        live = DiskCID(scene.disk)
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        second = try #require(answer.array?.first?.string)
        scene.runner.configuration["attach"] = "restart"
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        scene.docker.state.containers.removeAll { [vm = scene.vm] in $0.name.hasPrefix(vm) }
    }

    @Test("is the VM's without its pin, and is pinned again")
    func withoutPin() throws {
        scene.docker.state.containers.removeAll { [live] in $0.name == live.pin }
        for (method, arguments) in [
            ("attach_disk", [.string(second), .string(live.description)]),
            ("delete_disk", [.string(live.description)]),
        ] as [(String, [JSON])] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, arguments)
            }
            #expect(
                failure?.message.contains("VM \(scene.vm) has it mounted, or mounts it") == true,
                "\(String(describing: failure))")
        }
        try scene.runner.recover()
        #expect(
            try scene.runner.call("get_disks", [.string(scene.vm)])
                == JSON([live.description, scene.disk].sorted()))
        #expect(scene.docker.state.container(live.pin)?.isRunning == true)
    }

    @Test("keeps its pin where the image has lost its name")
    func unnamed() throws {
        for index in scene.docker.state.images.indices
        where scene.docker.state.images[index].tags.contains(where: { $0.hasPrefix("vm-") }) {
            scene.docker.state.images[index].tags = []
        }
        let orphans = try scene.runner.orphans(journal: true)
        #expect(!orphans.contains { $0.name == live.pin }, "\(orphans.map(\.title))")
        #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(live.description)])
        }
        #expect(scene.docker.state.volumes[live.description] != nil)
    }
}
