import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("What orphans tells, and the commands that it prints")
struct OrphanTellingTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    private func operations(_ runner: CallRunner) throws -> [Orphan] {
        try runner.orphans(journal: true).filter { $0.kind == .operation }
    }

    /// A create_stemcell that died, which names no VM and no disk.
    private func killStemcell() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .kill : nil
        }
        let image = JSON.string(scene.runner.directory.path + "/image")
        _ = try? scene.runner.call("create_stemcell", [image, ["name": "test"]])
        scene.docker.revive()
    }

    @Test("a command for one operation settles that one alone, whatever it is about")
    func one() throws {
        try killStemcell()
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .killAfter : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        scene.runner.time.sleep(5)
        let other = try CallRunner(scene.docker)
        other.time.sleep(3_600)
        let found = try operations(other)
        #expect(found.count == 2)
        for one in found {
            #expect(one.command.contains("recover --from-docker \(one.name)"), "\(one.command)")
            let recovery = try other.operatorRecovery(journal: true)
            let cases = try recovery.casesFromDocker(one.name, olderThan: 0).cases
            #expect(cases.map(\.operation.id) == [one.name])
        }
        #expect(throws: CPIError.self) {
            try other.operatorRecovery(journal: true).casesFromDocker("none", olderThan: 0)
        }
    }

    @Test("a snapshot that becomes whole while orphans looks is not called half made")
    func wholeMeanwhile() throws {
        try scene.makeVM()
        try scene.makeDisk()
        let cid = try #require(
            try scene.runner.call("snapshot_disk", [.string(scene.disk), [:]]).string)
        let record = SnapshotCID(cid).record
        let whole = scene.docker.state.volumes.removeValue(forKey: record)
        #expect(whole != nil)
        #expect(try scene.runner.orphans(journal: true).contains { $0.name == cid })
        var looks = 0
        scene.docker.onRequest = { [scene] _, request in
            guard request.path.hasSuffix("/volumes/\(cid)") else { return nil }
            looks += 1
            if looks == 1 { scene.docker.state.volumes[record] = whole }
            return nil
        }
        #expect(try scene.runner.orphans(journal: true).isEmpty)
        #expect(looks > 0)
    }

    @Test("what ends while orphans looks is not called interrupted")
    func endedMeanwhile() throws {
        try killStemcell()
        #expect(try operations(scene.runner).count == 1)
        let plans = "io.bosh.cpi.plan"
        var looks = 0
        scene.docker.onRequest = { [scene] _, request in
            guard request.path.hasSuffix("/volumes"),
                request.query.contains(where: { $0.value.contains(plans) })
            else { return nil }
            looks += 1
            // The first look has seen it.
            if looks == 2 { scene.docker.apart { try? scene.runner.recover() } }
            return nil
        }
        #expect(try operations(scene.runner).isEmpty)
    }

    @Test(
        "what another director has made stays that one's, though a dead call of its was settled here"
    )
    func anotherDirector() throws {
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        try killStemcell()
        scene.docker.state.containers.removeAll { [vm = scene.vm] in $0.name == vm }
        let other = try CallRunner(scene.docker)
        other.time.sleep(3_600)
        // It asks through the wrong configuration, and its dead call is settled by somebody else.
        _ = try other.call("has_vm", [.string(scene.vm)])
        other.director = "director-2"
        _ = try other.call("create_disk", [1, [:], .null])
        let recovery = try other.operatorRecovery(journal: true)
        let cases = try recovery.casesFromDocker(nil, olderThan: 0).cases
        #expect(cases.count == 1)
        for one in cases { _ = try recovery.settle(one, nil) }
        let orphans = try recovery.orphans(sizes: false)
        let kinds = Set(orphans.map(\.kind))
        #expect(kinds == [.container, .volume, .network], "\(orphans.map(\.title))")
        for one in orphans {
            #expect(one.reason.contains("it is of director director-1"), "\(one.title)")
            #expect(!one.removal.isPossible, "\(one.title)")
        }
    }

    @Test("what was made and not answered is told of for as long as it is there")
    func afterRetention() throws {
        scene.runner.delivers = false
        try scene.makeDisk()
        let snapshot = try scene.runner.call("snapshot_disk", [.string(scene.disk), [:]])
        scene.runner.delivers = true
        scene.runner.time.sleep(100 * 86_400)
        let journal = try Journal(directory: scene.runner.directory.path, busyTimeout: 1_000)
        _ = try journal.pruneAll(before: scene.runner.time.clock.wall() - 30 * 86_400_000)
        let names = try scene.runner.operatorRecovery(journal: true).orphans(sizes: false)
            .map(\.name)
        #expect(names.contains(snapshot.string ?? ""), "\(names)")
        #expect(!names.contains(scene.disk), "snapshot_disk has named it")
        _ = try scene.runner.call("delete_snapshot", [snapshot])
        scene.runner.time.sleep(100 * 86_400)
        _ = try journal.pruneAll(before: scene.runner.time.clock.wall() - 30 * 86_400_000)
        #expect(
            try journal.operations(OperationFilter(methods: ["snapshot_disk"], limit: 9)).isEmpty)
    }

    @Test("what another machine has begun is told of while it may be at work, and when it is dead")
    func elsewhere() throws {
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        let other = try CallRunner(scene.docker)
        _ = try other.call("has_vm", [.string(scene.vm)])
        func finding() throws -> Finding? {
            try other.operatorRecovery(journal: true).inspection.diagnose().first {
                $0.what == "operations"
            }
        }
        let young = try other.operatorRecovery(journal: true)
        #expect(try young.unrecorded().map { $0.owner != nil } == [true])
        #expect(try young.casesFromDocker(olderThan: nil).young == 1)
        #expect(try finding()?.level == .ok && finding()?.words.contains("another machine") == true)
        other.time.sleep(3_600)
        let old = try other.operatorRecovery(journal: true)
        #expect(try old.unrecorded().map(\.owner) == [nil])
        #expect(try finding()?.level == .warn && finding()?.words.contains("not in this") == true)
    }

    @Test(
        "what was shown and confirmed of a young one is done; by a clock that is ahead it is as old as any"
    )
    func confirmed() throws {
        try scene.makeVM()
        try scene.makeDisk()
        scene.runner.time.sleep(7_200)
        try scene.killAttachAtCommit()
        let other = try CallRunner(scene.docker)
        let failure = #expect(throws: CallFailure.self) {
            try other.call("reboot_vm", [.string(scene.vm)])
        }
        #expect(failure?.message.contains("by a clock that is ahead of this one") == true)
        let recovery = try other.operatorRecovery(journal: true)
        #expect(try recovery.casesFromDocker(olderThan: 1).young == 1)
        let (cases, young) = try recovery.casesFromDocker(olderThan: 0)
        #expect(cases.map(\.action) == ["roll back"] && young == 0)
        let one = try #require(cases.first)
        #expect(try !recovery.settle(one, isConfirmed: true).needsPerson)
        #expect(try recovery.casesFromDocker(olderThan: 0).cases.isEmpty)
    }

    @Test("what has died on this machine waits for nothing where its journal is lost")
    func lost() throws {
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        try scene.runner.loseJournal()
        let recovery = try scene.runner.operatorRecovery(journal: false)
        let (cases, young) = try recovery.casesFromDocker(olderThan: nil)
        #expect(cases.map(\.action) == ["roll back"] && young == 0)
        #expect(try recovery.casesFromDocker(olderThan: 600).young == 1)
    }
}
