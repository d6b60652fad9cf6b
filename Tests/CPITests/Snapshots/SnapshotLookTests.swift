import Journal
import Testing

@testable import CPI
@testable import Support

@Suite(
    "What a snapshot needs to be true is looked at whatever Docker answers, and under the VM's lock"
)
struct SnapshotLookTests {
    let scene: Scene

    init() throws { scene = try Scene.withDisk(isAttached: true) }

    private func call() throws -> String {
        try scene.runner.call("snapshot_disk", [.string(scene.disk), [:]]).string ?? ""
    }

    @Test("a record whose reply is lost is looked at as well", arguments: [true, false])
    func goneAtTheEnd(isCopy: Bool) throws {
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/volumes/create"),
                let snapshot = scene.snapshotVolumes.first, scene.record(snapshot) == [:],
                scene.docker.state.containers.contains(where: { $0.isCopier && !$0.isRunning })
            else { return nil }
            scene.docker.state.containers.removeAll { $0.name == SnapshotCID(snapshot).copier }
            scene.docker.state.volumes[isCopy ? snapshot : scene.disk] = nil
            return .lostReply
        }
        #expect(throws: CallFailure.self) { try call() }
        #expect(scene.docker.state.volumes.keys.allSatisfy { !$0.hasPrefix(SnapshotCID.prefix) })
    }

    @Test("a disk that is removed while its copier is made is gone, and no empty one is left")
    func madeAnew() throws {
        _ = try scene.detach()
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/containers/create") else { return nil }
            scene.docker.state.volumes[scene.disk] = nil
            return .lostReply
        }
        #expect(throws: CallFailure.self) { try call() }
        #expect(scene.docker.state.volumes[scene.disk] == nil)
        #expect(scene.docker.state.volumes.keys.allSatisfy { !$0.hasPrefix(SnapshotCID.prefix) })
    }

    @Test("a call that settles nothing has the lock of the VM all the same")
    func locked() throws {
        scene.runner.configuration["journal"]["recover_on_call"] = false
        let others = Locks(
            scene.runner.directory.path, shared: scene.runner.locks.path,
            logger: scene.runner.logger)
        let vm = Subject(.vm, scene.vm)
        var isHeld: Bool?
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/pause") else { return nil }
            isHeld = (try? others.acquire([vm], seconds: 0, for: "another")) == nil
            return nil
        }
        _ = try call()
        #expect(isHeld == true)
    }

    @Test(
        "a VM that an operator pauses before the copying stays paused when the call is killed in it",
        arguments: ["/volumes/create", "/pause"])
    func pausedByOperatorAndKilled(moment: String) throws {
        let scene = try Scene.attached()
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix(moment),
                let index = scene.docker.state.index(ofContainer: scene.vm)
            {
                scene.docker.state.containers[index].status = "paused"
            }
            return request.path.hasSuffix("/archive") && request.method == "PUT" ? .kill : nil
        }
        _ = try? scene.takeSnapshot()
        scene.docker.revive()
        #expect(scene.container?.isPaused == true)
        try scene.runner.recover()
        #expect(scene.container?.isPaused == true)
        #expect(scene.snapshots.isEmpty)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test(
        "a deletion that was killed leaves what somebody has put in the place of the copy or the record",
        arguments: [1, 2])
    func deletionReplaced(removal: Int) throws {
        let scene = try Scene.attached()
        let snapshot = try scene.takeSnapshot()
        var removals = 0
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", request.path.contains("/volumes/") else { return nil }
            removals += 1
            return removals == removal ? .kill : nil
        }
        _ = try? scene.runner.call("delete_snapshot", [.string(snapshot)])
        scene.docker.revive()
        let name = removal == 1 ? snapshot + ".whole" : snapshot
        scene.docker.state.volumes[name] = .init(name: name, labels: [:])
        try scene.runner.recover()
        #expect(scene.docker.state.volumes[name]?.labels == [:])
        #expect(try scene.runner.lastOperation().state == .failed)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test(
        "a pause of an operator's after the unpausing stays, also where the mark could not be taken away"
    )
    func pausedAfterwards() throws {
        let scene = try Scene.attached()
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", request.path.hasSuffix(".op"),
                let index = scene.docker.state.index(ofContainer: scene.vm)
            else { return nil }
            scene.docker.state.containers[index].status = "paused"
            return .kill
        }
        _ = try? scene.takeSnapshot()
        scene.docker.revive()
        try scene.runner.recover()
        #expect(scene.container?.isPaused == true)
    }
}
