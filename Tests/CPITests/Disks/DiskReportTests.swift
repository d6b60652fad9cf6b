import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("cpi-admin disks shows what Docker and the journal know of each disk")
struct DiskReportTests {
    @Test("sizes, limits, who has them, snapshots, and on wish what they hold")
    func report() throws {
        let scene = try Scene.withDisk(isAttached: true)
        let snapshot = try scene.takeSnapshot()
        scene.docker.state.volumes["snapshot-half"] = .init(
            name: "snapshot-half", labels: ["io.bosh.snapshot.disk": scene.disk])
        scene.docker.state.volumes["disk-of-a-stranger"] = .init(name: "disk-of-a-stranger")
        try scene.runner.call("resize_disk", [.string(scene.disk), 300])
        scene.docker.state.hasQuota = true
        let limited = try scene.runner.call("create_disk", [50, [:]]).string ?? ""
        let reports = try scene.runner.operatorRecovery(journal: true).inspection.disks(usage: true)
        #expect(reports.count == 2)
        let one = try #require(reports.first { $0.disk == scene.disk })
        #expect(one.sizeMiB == 300 && !one.isEnforced && one.kind == "local")
        #expect(one.holders == [scene.vm] && one.snapshots == [snapshot] && one.usedBytes == 12)
        let other = try #require(reports.first { $0.disk == limited })
        #expect(other.sizeMiB == 50 && other.isEnforced && other.holders.isEmpty)
        let quick = try scene.runner.operatorRecovery(journal: true).inspection.disks(usage: false)
        #expect(quick.allSatisfy { $0.usedBytes == nil })
    }

    @Test("a VM that is paused hides no disk, and no disk of others")
    func paused() throws {
        let scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "paused"
        func report() throws -> DiskReport {
            let recovery = try scene.runner.operatorRecovery(journal: true)
            return try #require(try recovery.inspection.disks(usage: false).first)
        }
        let pinned = try report()
        #expect(pinned.holders == [scene.vm] && pinned.unseen == nil)
        // Somebody has removed the pin: only the VM itself could tell.
        scene.docker.state.containers.removeAll { $0.name == "\(scene.disk).pin" }
        let pinless = try report()
        #expect(pinless.holders == [] && pinless.unseen?.contains("is paused") == true)
    }

    @Test(
        "since when a disk has no VM is told by the order of calls, also where the clock was set back"
    )
    func detached() throws {
        let scene = try Scene.withDisk(isAttached: true)
        let journal = try Journal(directory: scene.runner.directory.path, busyTimeout: 1_000)
        func ended(_ method: String) throws -> Int64? {
            try journal.done(method: method, subject: scene.disk).first?.finished
        }
        let attached = try #require(try ended("attach_disk"))
        #expect(try journal.detached(scene.disk) == .after(attached), "its VM was removed by hand")
        scene.runner.time.sleep(-3_600)
        _ = try scene.detach()
        let detached = try #require(try ended("detach_disk"))
        #expect(detached < attached)
        #expect(try journal.detached(scene.disk) == .since(detached))
        scene.runner.time.sleep(7_200)
        _ = try scene.attach()
        scene.runner.time.sleep(-3_600)
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        let deleted = try #require(
            try journal.done(method: "delete_vm", subject: scene.vm).first?.finished)
        #expect(try journal.detached(scene.disk) == .since(deleted))
        #expect(try journal.detached("disk-of-nobody") == nil)
    }
}
