import Foundation
import Testing

@testable import CPI
@testable import Engine

extension EndToEnd {
    /// `dev/machine` has such an Engine where the kernel here has no project quotas.
    @Suite(
        "Where Docker has project quotas a disk's size is enforced",
        .enabled("Docker's file system has no project quotas here") {
            try TestEngine.hasQuotas
        })
    struct DiskQuotaTests {
        @Test(
            "A disk that is full says so and loses nothing, however it was attached",
            arguments: [("auto", "attached"), ("auto", "never"), ("restart", "attached")])
        func full(way: String, pin: String) throws {
            let rig = try Rig.live(pin: pin)
            defer { rig.tearDown() }
            try rig.set { $0["attach"] = .string(way) }
            let vm = try rig.makeVM(rig.network())
            try rig.awaitAgent(vm)
            let (disk, other) = (try rig.makeDisk(8), try rig.makeDisk(24))
            #expect(try limit(rig, disk) == "8")
            for _ in 0..<2 {
                for each in [disk, other] {
                    try rig.result("attach_disk", [.string(vm), .string(each)])
                    try rig.awaitAgent(vm)
                }
                try refusesMore(rig, vm, disk, thanMiB: 8)
                try refusesMore(rig, vm, other, thanMiB: 24)
                for each in [other, disk] {
                    try rig.result("detach_disk", [.string(vm), .string(each)])
                    try rig.awaitAgent(vm)
                }
            }
            let grown = try rig.call("resize_disk", [.string(disk), 16])
            #expect(grown.errorType == "Bosh::Clouds::NotSupported")
        }

        @Test("A disk from a snapshot has its own size; one that is too small for it is not made")
        func fromSnapshot() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            try rig.awaitAgent(vm)
            let disk = try rig.makeDisk(24)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try refusesMore(rig, vm, disk, thanMiB: 24)
            let snapshot = try rig.makeSnapshot(disk)

            let before = try rig.leftovers(["disk-"])
            let refused = try rig.call(
                "create_disk", [8, ["snapshot": .string(snapshot)], .null])
            #expect(refused.errorMessage.contains("No space left"), "\(refused.stdout)")
            #expect(try rig.leftovers(["disk-"]) == before)

            let copy = try rig.result("create_disk", [32, ["snapshot": .string(snapshot)], .null])
            let larger = try #require(copy.string)
            rig.later(.disks) { _ = try? rig.call("delete_disk", [.string(larger)]) }
            #expect(try limit(rig, larger) == "32")
            try rig.result("attach_disk", [.string(vm), .string(larger)])
            let same = try rig.shell(
                vm, "cmp \(place(disk))/kept \(place(larger))/kept && echo same")
            #expect(same == "same")
            try refusesMore(rig, vm, larger, thanMiB: 32)
        }

        /// In MiB, as the operator reads it.
        private func limit(_ rig: Rig, _ disk: String) throws -> String? {
            let listed = try JSON(parsing: rig.admin("disks", "--json").stdout.utf8)
            let record = try #require(listed["disks"].array?.first { $0["disk"].string == disk })
            return record["enforced"].bool == true ? record["size_mib"].int.map { "\($0)" } : nil
        }

        private func place(_ disk: String) -> String { "/warden-cpi-dev/\(disk)" }

        /// Half of it can be written and stays; the whole of it, once more, cannot.
        private func refusesMore(_ rig: Rig, _ vm: String, _ disk: String, thanMiB mib: Int) throws
        {
            func write(_ bytes: Int, _ file: String) throws -> ExecResult {
                try rig.engine.exec(
                    vm,
                    [
                        "/bin/sh", "-c",
                        "head -c \(bytes) /dev/urandom >\(place(disk))/\(file) && sync",
                    ],
                    seconds: 120)
            }
            let half = try write(mib << 19, "kept")
            #expect(half.exitCode == 0, "\(half.errors)")
            let sum = try rig.shell(vm, "md5sum <\(place(disk))/kept")
            let whole = try write(mib << 20, "more")
            #expect(
                whole.exitCode != 0 && whole.errors.contains("No space left"), "\(whole.errors)")
            #expect(try rig.shell(vm, "rm \(place(disk))/more; md5sum <\(place(disk))/kept") == sum)
        }
    }
}

extension TestEngine {
    /// An Engine refuses a size that it cannot enforce.
    static var hasQuotas: Bool {
        get throws {
            guard let host = (current ?? all.first)?.host else { return false }
            let engine = try Engine(Address(host), timeout: 60)
            let name = "quota-\(UUID())"
            let limit = Volume.limit(1, isPodman: try isPodman)
            guard (try? engine.createVolume(name, labels: [:], options: limit)) != nil else {
                return false
            }
            try engine.removeVolume(name)
            return true
        }
    }
}
