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

    @Test("a VM whose name somebody has given to another container is there, and keeps its disk")
    func nameGivenAway() throws {
        let scene = try LiveAttachTests().scene
        _ = try scene.attach()
        let second = try #require(
            try scene.create(
                agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")]
            ).array?.first)
        try scene.docker.engine.renameContainer(scene.vm, to: "foo")
        scene.docker.state.addContainer(scene.vm, status: "running")
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        for (method, arguments) in [
            ("delete_disk", [.string(scene.disk)]), ("attach_disk", [second, .string(scene.disk)]),
        ] as [(String, [JSON])] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, arguments)
            }
            #expect(failure?.message.contains("VM \(scene.vm) has it") == true, "\(failure)")
        }
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        #expect(
            failure?.message.contains("a container that is not of VM \(scene.vm) has its name")
                == true, "\(failure)")
        #expect(scene.docker.invariants() == [])
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.container("foo") == nil)
        #expect(scene.docker.state.container(scene.vm) != nil, "it is somebody else's")
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("nor is another container deleted with the VM for an operation that was open about it")
    func nameGivenAwayWhileOpen() throws {
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        let id = try #require(scene.container).id
        try engine.renameContainer(scene.vm, to: "foo")
        scene.docker.state.addContainer(VMCID(scene.vm).old(id), status: "running")
        scene.docker.state.addContainer(scene.vm, status: "running")
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.container("foo") == nil)
        #expect(scene.docker.state.container(scene.vm) != nil)
        #expect(scene.docker.state.container(VMCID(scene.vm).old(id)) != nil)
    }

    @Test(
        "a VM under the name of an incomplete one is not taken for one", arguments: [true, false])
    func namedIncomplete(journal: Bool) throws {
        try engine.renameContainer(scene.vm, to: VMCID(scene.vm).incomplete)
        if !journal { try scene.runner.loseJournal() }
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(agent: "agent-2")
        }
        #expect(failure?.message.contains("held by \(VMCID(scene.vm).incomplete)") == true)
        let recovery = try scene.runner.operatorRecovery(journal: journal)
        #expect(try recovery.casesFromDocker(olderThan: 0).cases.isEmpty)
        #expect(scene.docker.state.container(VMCID(scene.vm).incomplete)?.isRunning == true)
        #expect(scene.docker.state.volumeNames.contains(VMCID(scene.vm).ephemeralVolume))
    }
}
