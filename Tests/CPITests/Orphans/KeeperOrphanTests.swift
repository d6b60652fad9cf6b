import Testing

@testable import CPI
@testable import Support

/// A keeper has the volume among its mounts, and Docker refuses to remove that.
@Suite("With disks.pin: always, what nobody has got the CID of can be removed as orphans says")
struct KeeperOrphanTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        scene.runner.configuration["disks"]["pin"] = "always"
        try scene.makeVM()
    }

    /// Makes something whose answer nobody reads.
    private func lose(_ call: () throws -> Void) rethrows {
        scene.runner.delivers = false
        try call()
        scene.runner.delivers = true
        // Not one that is just writing its answer.
        scene.runner.time.sleep(20)
    }

    /// A disk whose answer nobody has read, as orphans has it.
    private func lostDisk() throws -> (OperatorRecovery, Orphan) {
        try lose { try scene.makeDisk() }
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let found = try recovery.orphans(sizes: false).first { $0.name == scene.disk }
        return (recovery, try #require(found))
    }

    @Test("a keeper that create_disk could not make is missed by doctor, until there is one")
    func missing() throws {
        scene.docker.onRequest = { _, request in
            request.query.contains { $0.value.hasSuffix(".keep") } ? .status(500, "boom") : nil
        }
        try scene.makeDisk()
        scene.docker.onRequest = nil
        #expect(scene.runner.log.text.contains("step \"start container \(scene.disk).keep\""))
        func found() throws -> [Finding] {
            try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
                .filter { $0.what == "disk \(scene.disk)" }
        }
        #expect(try found().map(\.level) == [.warn])
        _ = try scene.attach()
        _ = try scene.detach()
        #expect(try found().isEmpty)
    }

    @Test("a disk that a prune takes before its keeper is made is not answered, nor made anew")
    func pruned() throws {
        scene.before({ $0.query.contains { $0.value.hasSuffix(".keep") } }) { [scene] in
            scene.docker.state.volumes = scene.docker.state.volumes.filter {
                !$0.key.hasPrefix("disk-")
            }
        }
        #expect(throws: CallFailure.self) { try scene.makeDisk() }
        #expect(!scene.docker.state.volumeNames.contains { $0.hasPrefix("disk-") })
        #expect(!scene.docker.state.containerNames.contains { $0.hasSuffix(".keep") })
    }

    @Test("a delete_disk that was killed without its keeper, and is given up, leaves the disk kept")
    func givenUp() throws {
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/containers/") ? .killAfter : nil
        }
        _ = try? scene.runner.call("delete_disk", [.string(scene.disk)])
        scene.docker.revive()
        let keeper = DiskCID(scene.disk).keeper
        #expect(scene.docker.state.container(keeper) == nil)
        _ = try scene.runner.call("resize_disk", [.string(scene.disk), 200])
        #expect(scene.docker.state.container(keeper)?.isRunning == true)
        _ = try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.docker.state.container(keeper) == nil)
    }

    @Test("a disk: the command removes its keeper first, and so does orphans --remove")
    func disk() throws {
        let (recovery, orphan) = try lostDisk()
        let disk = scene.disk
        #expect(orphan.command == "docker rm -f \(disk).keep && docker volume rm \(disk)")
        try recovery.remove(orphan)
        #expect(scene.docker.state.volumes[disk] == nil)
        #expect(scene.docker.state.container("\(disk).keep") == nil)
    }

    @Test("somebody else's container on the disk: nothing of it is removed")
    func inUse() throws {
        let (recovery, orphan) = try lostDisk()
        let disk = scene.disk
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].mounts.append(.init("volume", disk, "/backup"))
        #expect(throws: (any Error).self) { try recovery.remove(orphan) }
        #expect(scene.docker.state.volumes[disk] != nil)
        #expect(scene.docker.state.container("\(disk).keep") != nil)
    }

    @Test("a snapshot: its volume goes before its record")
    func snapshot() throws {
        try scene.makeDisk()
        var snapshot = ""
        try lose {
            snapshot =
                try scene.runner.call("snapshot_disk", [.string(scene.disk), [:]]).string ?? ""
        }
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let orphan = try recovery.orphans(sizes: false).first { $0.name == snapshot }
        #expect(
            orphan?.command == "docker rm -f \(snapshot).keep && docker volume rm \(snapshot) "
                + "&& docker volume rm \(snapshot).whole")
    }
}
