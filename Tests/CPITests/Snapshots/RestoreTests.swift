import Engine
import Testing

@testable import CPI
@testable import Journal
@testable import Support

@Suite("Snapshots are deleted, and disks are made from them")
struct RestoreTests {
    let scene: Scene
    let snapshot: String

    init() throws {
        scene = try Scene.withDisk(isAttached: true)
        snapshot = try scene.takeSnapshot()
    }

    private func restore() throws -> JSON {
        try scene.runner.call("create_disk", [100, ["snapshot": .string(snapshot)], .null])
    }

    @Test(
        "delete_snapshot takes away what says that it is whole, then the copy; missing is success")
    func delete() throws {
        for _ in 0..<2 {
            #expect(try scene.runner.call("delete_snapshot", [.string(snapshot)]) == .null)
        }
        #expect(
            scene.runner.story([snapshot: "SNAPSHOT"]) == """
                remove volume SNAPSHOT.whole
                remove volume SNAPSHOT
                """)
        #expect(CrashScenario.kept(scene) == [])
    }

    @Test("a copier that somebody pauses ends the call: it would be waited for without end")
    func pausedCopier() throws {
        scene.docker.state.copyTakes = 3
        scene.docker.onRequest = { [scene] _, _ in
            if let index = scene.docker.state.containers.firstIndex(where: { $0.copyLeft == 2 }) {
                scene.docker.state.containers[index].status = "paused"
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.takeSnapshot() }
        #expect(failure?.message.contains("was paused") == true, "\(failure)")
        #expect(failure?.message.contains("Rolled back: everything is as it was before") == true)
        #expect(scene.container?.status == "running")
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a VM cannot mount one: what is written to it would be in every disk made from it")
    func mountedByVM() throws {
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(
                agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")],
                properties: ["Binds": [.string("\(snapshot):/mnt")]])
        }
        #expect(failure?.message.contains("names the snapshot \(snapshot)") == true, "\(failure)")
    }

    @Test("a copy that failed and cannot be removed is not called nothing; recovery removes it")
    func leftOver() throws {
        scene.docker.state.copierTrouble = "no space left"
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/volumes/disk-")
                ? .status(500, "boom") : nil
        }
        let failure = #expect(throws: CallFailure.self) { try restore() }
        #expect(failure?.message.contains("It could not be cleaned up") == true, "\(failure)")
        scene.docker.onRequest = nil
        #expect(scene.docker.state.volumeNames.count { $0.hasPrefix("disk-") } == 2)
        try scene.runner.recover()
        #expect(scene.docker.state.volumeNames.count { $0.hasPrefix("disk-") } == 1)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("what the Go CPI answers for a snapshot is deleted with success: there never was one")
    func empty() throws {
        #expect(try scene.runner.call("delete_snapshot", [""]) == .null)
        #expect(scene.docker.story == [])
    }

    @Test("delete_snapshot removes nothing but snapshots")
    func noSnapshot() throws {
        for name in [scene.disk, "\(scene.vm)-ephemeral", snapshot + ".whole"] {
            #expect(throws: CallFailure.self, "\(name)") {
                try scene.runner.call("delete_snapshot", [.string(name)])
            }
        }
        #expect(scene.docker.story == [])
    }

    @Test("a disk from a snapshot has all of it, and is one's own")
    func restored() throws {
        let disk = try restore().string ?? ""
        #expect(
            scene.docker.state.volumes[disk]?.files == scene.docker.state.volumes[snapshot]?.files)
        #expect(scene.docker.settledInvariants() == [])
        try scene.runner.call("delete_snapshot", [.string(snapshot)])
        #expect(try scene.runner.call("has_disk", [.string(disk)]) == true)
    }

    @Test(
        "a delete_snapshot that was killed before it removed anything is not finished by create_disk"
    )
    func deletionNotBegun() throws {
        scene.docker.onRequest = { _, request in request.method == "DELETE" ? .kill : nil }
        _ = try? scene.runner.call("delete_snapshot", [.string(snapshot)])
        scene.docker.revive()
        let disk = try restore().string ?? ""
        #expect(
            scene.docker.state.volumes[disk]?.files == scene.docker.state.volumes[snapshot]?.files)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("a snapshot that is not whole is none, and one that has lost files is found out")
    func broken() throws {
        scene.docker.state.volumes[snapshot]?.files["/more"] = nil
        let lost = #expect(throws: CallFailure.self) { try restore() }
        #expect(lost?.message.contains("is not what it was") == true)
        scene.docker.state.volumes[snapshot + ".whole"] = nil
        let half = #expect(throws: CallFailure.self) { try restore() }
        #expect(half?.message.contains("is not whole") == true)
        let disks = scene.docker.state.volumeNames.filter { $0.hasPrefix("disk-") }
        #expect(disks == [scene.disk])
        let orphan = try scene.runner.orphans(journal: true).first { $0.name == snapshot }
        #expect(orphan?.reason.contains("not whole") == true)
    }

    @Test(
        "a copier that somebody removes fails the call, and no half filled disk is left or answered"
    )
    func copierGone() throws {
        scene.docker.state.copyTakes = 50
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/archive"), request.method == "PUT" {
                return nil
            }
            let isCopying = scene.docker.state.containers.contains { $0.copyLeft != nil }
            if isCopying { scene.docker.state.containers.removeAll(where: \.isCopier) }
            return nil
        }
        #expect(throws: CallFailure.self) { try restore() }
        let disks = scene.docker.state.volumeNames.filter { $0.hasPrefix("disk-") }
        #expect(disks == [scene.disk])
    }

    @Test("a copier that Docker does not remove at once is no trouble of a disk that is whole")
    func copierStays() throws {
        scene.runner.configuration["disks"] = ["pin": "always"]
        // As often as one step asks.
        var refusals = 4
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", refusals > 0 else { return nil }
            refusals -= 1
            return .status(500, "driver failed to remove root filesystem")
        }
        _ = try restore()
        #expect(refusals == 0)
        #expect(!scene.docker.state.containers.contains { $0.isCopier })
        let keeper = try #require(disks.first) + ".keep"
        #expect(scene.docker.state.container(keeper)?.isRunning == true)
        try expectWhole()
    }

    @Test("a snapshot that a disk is being made from is not deleted")
    func inUse() throws {
        scene.docker.state.copyTakes = 5
        var refusal: CallFailure?
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/archive"), request.method == "PUT" else { return nil }
            scene.docker.apart {
                let other = try? CallRunner(scene.docker)
                do {
                    _ = try other?.call("delete_snapshot", [.string(snapshot)])
                } catch { refusal = error as? CallFailure }
            }
            return nil
        }
        _ = try restore()
        #expect(refusal != nil)
        #expect(scene.snapshots == [snapshot])
    }

    private var disks: [String] {
        scene.docker.state.volumeNames.filter { $0.hasPrefix("disk-") && $0 != scene.disk }
    }

    private func expectWhole(_ place: SourceLocation = #_sourceLocation) throws {
        let disk = try #require(disks.first, sourceLocation: place)
        _ = try scene.runner.call("attach_disk", [.string(scene.vm), .string(disk)])
        #expect(
            scene.docker.state.volumes[disk]?.files == scene.docker.state.volumes[snapshot]?.files,
            sourceLocation: place)
        #expect(try scene.runner.journal().open().isEmpty, sourceLocation: place)
    }

    /// The copier has reported; what comes after that reads the report, and removes the copier.
    private func isReported(_ request: Request) -> Bool {
        request.path.hasSuffix("/archive") && request.method == "GET"
            && request.query.contains { $0.value.hasSuffix("/report") }
    }

    @Test(
        "one that was killed when it was whole stays, however often recovery comes",
        arguments: [1, 2, 3])
    func killedWhole(recoveries: Int) throws {
        scene.docker.onRequest = { _, request in isReported(request) ? .killAfter : nil }
        _ = try? restore()
        scene.docker.revive()
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for _ in 1...recoveries {
            for one in try recovery.cases(nil) { _ = try recovery.settle(one) }
        }
        #expect(!scene.docker.state.containers.contains { $0.isCopier })
        try expectWhole()
    }

    @Test(
        "one that was answered while the journal was of no use stays, whoever comes",
        arguments: [true, false])
    func answeredWithoutJournal(isRecovered: Bool) throws {
        let other = try Database(path: scene.runner.directory.path + "/" + Journal.fileName)
        scene.before(isReported) { try other.execute(script: "BEGIN IMMEDIATE") }
        _ = try restore()
        try other.execute(script: "ROLLBACK")
        #expect(scene.runner.log.text.contains("goes on without it"))
        if isRecovered {
            let recovery = try scene.runner.operatorRecovery(journal: true)
            for one in try recovery.cases(nil) { _ = try recovery.settle(one) }
        }
        try expectWhole()
    }
}
