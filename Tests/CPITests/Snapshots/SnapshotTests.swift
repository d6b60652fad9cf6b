import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Snapshots are copies of one moment, or say that they are not")
struct SnapshotTests {
    let scene: Scene

    init() throws { scene = try Scene.withDisk(isAttached: true) }

    var moment: String { scene.record(scene.snapshots.first ?? "")[Label.moment] ?? "" }
    private var wasPaused: Bool { scene.docker.requests.contains { $0.hasSuffix("/pause") } }

    func call(_ metadata: JSON = [:]) throws -> String {
        try scene.runner.call("snapshot_disk", [.string(scene.disk), metadata]).string ?? ""
    }

    @Test("the VM is paused while its disk is read, and runs on before the copy is compared")
    func story() throws {
        scene.docker.state.copyTakes = 3
        let snapshot = try call(["job": "db", "index": 0])
        #expect(
            scene.runner.story([scene.vm: "VM", scene.disk: "DISK", snapshot: "SNAPSHOT"]) == """
                create volume SNAPSHOT
                create SNAPSHOT.copy
                start SNAPSHOT.copy
                create volume VM.op
                pause VM
                put /docker_cpi/go into SNAPSHOT.copy
                unpause VM
                remove volume VM.op
                create volume SNAPSHOT.whole
                remove SNAPSHOT.copy
                """)
        #expect(scene.container?.status == "running")
        let labels = scene.record(snapshot)
        #expect(labels[Label.moment] == "one moment")
        #expect(labels[Label.snapshotOf] == scene.disk)
        #expect(labels[Label.metadata] == #"{"index":"0","job":"db"}"#)
        #expect(labels[Label.entries] == "3" && labels[Label.bytes] == "12")
        #expect(
            scene.docker.state.volumes[snapshot]?.files
                == scene.docker.state.volumes[scene.disk]?.files)
        let events = try scene.runner.lastEvents()
        #expect(events.contains("note"))
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a disk that is removed right before Docker would mount it gives no empty snapshot")
    func removedMeanwhile() throws {
        let scene = try Scene.withDisk(isAttached: false)
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/containers/create") {
                scene.docker.state.volumes[scene.disk] = nil
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("snapshot_disk", [.string(scene.disk), [:]])
        }
        #expect(
            failure?.message.contains("volume \(scene.disk) is gone") == true,
            "\(failure?.message ?? "")")
        #expect(scene.docker.state.volumes[scene.disk] == nil && scene.snapshots.isEmpty)
    }

    @Test("a copy that is pruned before it is recorded is no snapshot")
    func prunedMeanwhile() throws {
        scene.docker.onRequest = { _, request in
            guard case .bytes(let body, _) = request.body,
                String(decoding: body, as: UTF8.self).contains(".whole"),
                let copy = scene.docker.state.volumeNames.first(where: { $0.hasPrefix("snapshot-") }
                )
            else { return nil }
            scene.docker.state.containers.removeAll { $0.name == copy + ".copy" }
            scene.docker.state.volumes[copy] = nil
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try call() }
        #expect(failure?.message.contains("is gone") == true, "\(failure?.message ?? "")")
        #expect(scene.docker.state.volumeNames.filter { $0.hasPrefix("snapshot-") }.isEmpty)
    }

    @Test("with a limit of 0 no VM is ever paused")
    func never() throws {
        scene.runner.configuration["snapshots"] = ["pause_limit": 0]
        _ = try call()
        #expect(!wasPaused)
        #expect(moment.contains("pause_limit is 0"))
    }

    @Test("a VM that an operator has paused stays paused, and the copy is of one moment")
    func pausedByOperator() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "paused"
        _ = try call()
        #expect(!wasPaused && scene.container?.isPaused == true)
        #expect(moment == "one moment")
    }

    @Test("a VM that an operator pauses between plan and pause stays paused, whatever comes")
    func pausedMeanwhile() throws {
        for fails in [false, true] {
            let scene = try scene.copy()
            scene.docker.onRequest = { _, request in
                guard let index = scene.docker.state.index(ofContainer: scene.vm) else {
                    return nil
                }
                if request.path.hasSuffix("/pause") {
                    scene.docker.state.containers[index].status = "paused"
                }
                return fails && request.path.hasSuffix("/archive") && request.method == "PUT"
                    ? .status(507, "full") : nil
            }
            let answer = Result { try scene.takeSnapshot() }
            #expect(((try? answer.get()) == nil) == fails)
            #expect(scene.container?.isPaused == true)
            #expect(scene.docker.state.volumeNames.filter { $0.hasSuffix(".op") } == [])
        }
    }

    @Test("an unpausing whose answer is lost was this call's: the snapshot is of one moment")
    func lostUnpause() throws {
        scene.docker.onRequest = { $1.path.hasSuffix("/unpause") ? .lostReply : nil }
        _ = try call()
        #expect(moment == "one moment")
    }

    @Test("somebody who unpauses the VM in the middle is seen, and so is somebody who writes")
    func disturbed() throws {
        scene.docker.state.copyTakes = 3
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/unpause"),
                let index = scene.docker.state.index(ofContainer: scene.vm)
            {
                scene.docker.state.containers[index].status = "running"
            }
            return nil
        }
        _ = try call()
        #expect(moment.contains("somebody else paused or unpaused"))
        let second = try scene.copy()
        second.docker.onRequest = { _, request in
            if request.method == "HEAD"
                && second.docker.state.containers.contains(where: { $0.copyLeft == 3 })
            {
                second.docker.state.volumes[second.disk]?.files["/later"] = [1]
            }
            return nil
        }
        let snapshot = try second.takeSnapshot()
        #expect(second.record(snapshot)[Label.moment]?.contains("changed meanwhile") == true)
    }

    @Test("without a VM nothing is paused, and nobody can write")
    func detached() throws {
        let scene = try Scene.withDisk(isAttached: false)
        let snapshot = try scene.takeSnapshot()
        #expect(scene.record(snapshot)[Label.moment] == "one moment")
    }

    @Test("an image without the tools is refused with its name, before anything is paused")
    func noTools() throws {
        scene.docker.state.copierTrouble = "no cp of GNU with --reflink"
        let failure = #expect(throws: CallFailure.self) { try call() }
        #expect(failure?.message.contains(scene.stemcell) == true)
        #expect(failure?.message.contains("no cp of GNU") == true)
        #expect(!wasPaused)
        #expect(failure?.message.contains("everything is as it was before") == true)
        #expect(scene.docker.settledInvariants() == [])
        #expect(scene.docker.state.volumeNames.filter { $0.hasPrefix("snapshot-") } == [])
    }

    @Test(
        "a whole snapshot whose CID nobody was told stays named, also when its VM and disk are deleted"
    )
    func unanswered() throws {
        let whole = try scene.copy()
        _ = try whole.runner.call("snapshot_disk", [.string(scene.disk), [:]])
        let last = whole.docker.requests.lastIndex { $0 == "POST /volumes/create" }
        let number = try #require(last) + 1
        #expect(
            try scene.kill(.after(number)) {
                try $0.runner.call("snapshot_disk", [.string($0.disk), [:]])
            })
        let snapshot = try #require(scene.snapshots.first)
        func isNamed() throws -> Bool {
            try scene.runner.recover()
            let isOrphan = try scene.runner.orphans(journal: true).contains { $0.name == snapshot }
            return try isOrphan
                || scene.runner.journal().open().contains { $0.method == "snapshot_disk" }
        }
        #expect(try isNamed())
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.snapshots == [snapshot])
        #expect(try isNamed())
    }

    @Test("killed while the VM is paused: each of the ways to settle it has it running again")
    func killed() throws {
        let whole = try scene.copy()
        _ = try whole.runner.call("snapshot_disk", [.string(scene.disk), [:]])
        let pause = try #require(whole.docker.requests.firstIndex { $0.hasSuffix("/pause") })
        #expect(try scene.kill(.after(pause + 1)) { try $0.takeSnapshot() })
        #expect(scene.container?.isPaused == true)
        let ways: [(String, (Scene) throws -> Void)] = [
            ("recover", { try $0.runner.recover() }),
            ("reboot_vm", { _ = try $0.runner.call("reboot_vm", [.string($0.vm)]) }),
            ("detach_disk", { _ = try $0.detach() }),
            ("snapshot_disk", { _ = try $0.takeSnapshot() }),
            (
                "without a journal",
                {
                    try $0.runner.loseJournal()
                    let recovery = try $0.runner.operatorRecovery(journal: false)
                    for one in try recovery.casesFromDocker(olderThan: 0).cases {
                        _ = try recovery.settle(one)
                    }
                }
            ),
        ]
        for (name, settle) in ways {
            let scene = try scene.copy()
            try settle(scene)
            #expect(scene.container?.status == "running", "\(name)")
            #expect(scene.docker.settledInvariants() == [], "\(name)")
        }
        let story = try scene.copy()
        try story.runner.recover()
        #expect(story.docker.story.first == "unpause \(scene.vm)")
    }
}
