import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

/// An attach_disk that was killed at its pivot, and an operator who has started the old container.
@Suite("Both containers of a VM have run: a person chooses, and the choice holds")
struct BothRanTests {
    let scene: Scene
    let old: String
    let replacement: String
    private var engine: Engine { scene.docker.engine }

    init() throws {
        scene = try Scene()
        try scene.makeVM(networks: Scene.dynamicNetwork)
        try scene.makeDisk()
        old = try #require(scene.container).id
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/update") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        replacement = try #require(scene.container).id
    }

    /// The old container runs; and the replacement, unless it `rests`.
    private func startOld(rests: Bool) throws {
        if rests { try engine.stopContainer(replacement, seconds: 1) }
        try engine.startContainer(old)
        try scene.runner.recover()
        #expect(try scene.runner.journal().open().map(\.state) == [.parked])
    }

    /// As `cpi-admin recover` does it for all that is open, parked or not.
    private func settle(_ wish: Operation.Direction? = nil) throws {
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for one in try recovery.cases(nil, wish) { _ = try recovery.settle(one, wish) }
    }

    @Test("a snapshot beside the old container, which runs and has the disk, is not of one moment")
    func snapshot() throws {
        let scene = try Scene()
        try scene.makeVM(networks: Scene.dynamicNetwork)
        try scene.makeDisk()
        _ = try scene.attach()
        let disk = scene.disk
        try scene.makeDisk()
        let old = try #require(scene.container).id
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/update") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        try scene.docker.engine.stopContainer(try #require(scene.container).id, seconds: 1)
        try scene.docker.engine.startContainer(old)
        let snapshot = try scene.runner.call("snapshot_disk", [.string(disk), [:]]).string ?? ""
        let moment = scene.record(snapshot)[Label.moment]
        #expect(moment == "not of one moment: another container has the disk and runs")
    }

    @Test("--forward makes the replacement the VM, whichever runs", arguments: [true, false])
    func forward(rests: Bool) throws {
        try startOld(rests: rests)
        try settle(.forward)
        let vm = try #require(scene.container)
        #expect(vm.id == replacement && vm.isRunning)
        let kept = try #require(scene.docker.state.container(old))
        #expect(!kept.isRunning)
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(scene.docker.state.volumes["\(scene.vm).op"] == nil)
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
    }

    @Test(
        "--back gives the old container no disk that is another VM's by now",
        arguments: [true, false])
    func movedDisk(isDeleted: Bool) throws {
        let scene = try LiveAttachTests().scene
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        try scene.makeVM(networks: Scene.dynamicNetwork)
        _ = try scene.attach()
        let moved = JSON.string(scene.disk)
        let old = try #require(scene.container).id
        try scene.makeDisk()
        scene.runner.configuration["attach"] = "restart"
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/update") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        let replacement = try #require(scene.container).id
        try scene.docker.engine.stopContainer(replacement, seconds: 1)
        try scene.docker.engine.startContainer(old)
        try scene.docker.engine.stopContainer(old, seconds: 1)
        try scene.runner.recover()
        let parked = try #require(try scene.runner.journal().open().first)
        try scene.docker.engine.startContainer(replacement)
        _ = try scene.runner.call("detach_disk", [.string(scene.vm), moved])
        if isDeleted {
            _ = try scene.runner.call("delete_disk", [moved])
        } else {
            let second = try #require(try scene.create(agent: "agent-2").array?.first)
            _ = try scene.runner.call("attach_disk", [second, moved])
        }
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for one in try recovery.cases(parked.id, .backward) {
            _ = try recovery.settle(one, .backward)
        }
        #expect(scene.container?.id == old && scene.container?.isRunning == true)
        #expect(scene.container?.live == [])
        #expect(scene.docker.invariants() == [])
        #expect(scene.runner.log.text.contains("is no longer VM \(scene.vm)'s"))
    }

    @Test("a disk on the list stays there though somebody's own container mounts it as well")
    func strangersMount() throws {
        let scene = try LiveAttachTests().scene
        _ = try scene.attach()
        let disk = scene.disk
        scene.docker.state.addContainer(
            "backup", mounts: [.init(isVolume: true, source: disk, destination: "/x")],
            status: "exited")
        try scene.makeDisk()
        scene.runner.configuration["attach"] = "restart"
        scene.docker.exitAfterStart = { $0.labels["io.bosh.replaces"]?.isEmpty == false ? 1 : nil }
        #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(scene.container?.isRunning == true && scene.container?.live == [disk])
        #expect(!scene.runner.log.text.contains("is no longer VM"))
    }

    @Test("without a journal the mark stays, for a person could not choose without it")
    func withoutJournal() throws {
        try scene.runner.loseJournal()
        try engine.stopContainer(replacement, seconds: 1)
        try engine.startContainer(old)
        let recovery = try scene.runner.operatorRecovery(journal: false)
        for one in try recovery.casesFromDocker(olderThan: 0).cases {
            _ = try recovery.settle(one)
        }
        let one = try #require(try recovery.casesFromDocker(olderThan: 0, .backward).cases.first)
        _ = try recovery.settle(one, .backward)
        #expect(scene.container?.id == old && scene.container?.isRunning == true)
        #expect(scene.docker.state.volumes["\(scene.vm).op"] == nil)
    }

    @Test("a choice that fails leaves no mark: the next calls on the VM are not refused for it")
    func failedChoice() throws {
        try startOld(rests: true)
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start") ? .status(500, "boom") : nil
        }
        #expect(throws: (any Error).self) { try settle(.forward) }
        scene.docker.onRequest = nil
        #expect(try scene.runner.journal().open().map(\.state) == [.parked])
        #expect(scene.docker.state.volumes["\(scene.vm).op"] == nil)
    }

    @Test("while both run no call starts the VM anew; doctor says so")
    func refused() throws {
        try startOld(rests: false)
        try scene.makeDisk()
        for attempt in [
            { _ = try scene.attach() },
            { _ = try scene.runner.call("reboot_vm", [.string(scene.vm)]) },
        ] {
            let failure = #expect(throws: CallFailure.self) { try attempt() }
            #expect(failure?.message.contains("runs as well: stop it") == true, "\(failure)")
        }
        #expect(scene.container?.id == replacement)
        let findings = try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
        #expect(findings.contains { $0.level == .fail && $0.words.contains("runs on its volumes") })
    }

    @Test("another replacement does not close it while the old container is there")
    func notForgotten() throws {
        try startOld(rests: false)
        try engine.stopContainer(old, seconds: 1)
        try scene.makeDisk()
        _ = try scene.attach()
        let now = try #require(scene.container)
        #expect(now.id != replacement)
        try scene.runner.recover()
        let parked = try #require(try scene.runner.journal().open().first)
        #expect(parked.state == .parked)
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let action = try #require(try recovery.cases(parked.id).first?.action)
        #expect(action.contains("has run since") && action.contains(".old-"), "\(action)")
        try engine.removeContainer(old, force: true)
        try settle()
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(scene.container?.id == now.id)
    }
}
