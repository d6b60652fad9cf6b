import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Containers of a VM under other names than theirs")
struct RenamedContainerTests {
    let scene: Scene
    private var engine: Engine { scene.docker.engine }

    init() throws { scene = try .attached() }

    private func findings() throws -> [Finding] {
        try scene.runner.operatorRecovery(journal: true).inspection.diagnose().filter {
            $0.what.hasPrefix("vm ")
        }
    }

    @Test("doctor does not stop the only container that a VM has")
    func only() throws {
        let vm = VMCID(scene.vm)
        try engine.renameContainer(scene.vm, to: vm.old(try #require(scene.container).id))
        let found = try findings()
        #expect(found.count == 1 && found[0].level == .warn, "\(found)")
        #expect(found[0].words.contains("its container is named"))
        #expect(found[0].advice?.contains("docker stop") == false)
    }

    @Test("one that was replaced and then renamed by hand is named, and goes with its VM")
    func replaced() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        var twin = scene.docker.state.containers[index]
        (twin.id, twin.name, twin.status) = (scene.docker.state.newID(), "foo", "exited")
        scene.docker.state.containers.append(twin)
        let found = try findings()
        #expect(found.contains { $0.words.contains("container foo has its volumes") }, "\(found)")
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(
            scene.docker.state.containers.allSatisfy { $0.name != "foo" && $0.name != scene.vm })
        #expect(!scene.docker.state.volumeNames.contains { $0.hasPrefix(scene.vm) })
    }

    @Test("doctor says of a VM that was replaced while it was stopped that it was stopped then")
    func stoppedThen() throws {
        try scene.docker.engine.stopContainer(scene.vm, seconds: 0)
        try scene.makeDisk()
        _ = try scene.attach()
        let words = try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
            .filter { $0.what == "vm \(scene.vm)" }.map(\.words)
        #expect(
            words.count == 1 && words[0].contains("it was stopped when its container was replaced"))
    }
}
