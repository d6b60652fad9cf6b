import Foundation
import Journal
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("A broken journal costs a line on stderr and nothing else")
    struct JournalFaultTests {
        @Test(
            "A journal that cannot be used costs one line on stderr and nothing else", .tags(.long),
            arguments: [
                "missing", "read-only", "not a database", "newer", "locked", "full", "a file",
            ])
        func journalFaults(_ fault: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let undo = try spoil(rig, fault)
            defer { undo() }
            let disk = try rig.call("create_disk", [16, [:], .null])
            #expect(disk.json["error"].isNull && disk.exitCode == 0, "\(disk.stdout)\(disk.stderr)")
            let lines = disk.stderr.split(separator: "\n")
            #expect(lines.count == 1, "\(fault): \(disk.stderr)")
            #expect(lines.first?.contains("journal") ?? false, "\(disk.stderr)")
            #expect(try rig.call("has_disk", [disk.result]).result == true)
            if fault == "locked" {  // another 30 s would be waited
                return try rig.engine.removeVolume(try #require(disk.result.string))
            }
            #expect(try rig.call("delete_disk", [disk.result]).json["error"].isNull)
        }

        @Test("With too few open files for a lock a call does nothing, and stands in nobody's way")
        func openFiles() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            for limit in 8...20 {
                rig.machine = ["sh", "-c", "ulimit -n \(limit); exec \"$@\"", "sh"]
                _ = try rig.call("attach_disk", [.string(vm), .string(disk)])
                rig.machine = []
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                try rig.result("detach_disk", [.string(vm), .string(disk)])
            }
        }

        @Test("A limit of file sizes is a full disk, and not the end of the process")
        func fileSizes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            rig.machine = ["sh", "-c", "ulimit -f 1; exec \"$@\"", "sh"]
            let disk = try rig.makeDisk()
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            try rig.result("delete_disk", [.string(disk)])
        }

        /// Returns what mends it again.
        private func spoil(_ rig: Rig, _ fault: String) throws -> () -> Void {
            let directory = rig.directory + "/journal"
            var configuration = rig.configuration
            func move(_ path: String) throws {
                configuration["journal"] = ["directory": .string(path)]
                try rig.save(configuration)
            }
            switch fault {
            case "missing":
                try move("/proc/no-such-directory/journal")
            case "read-only":
                try Command.shell(
                    "mkdir -p '\(directory)' && mount -t tmpfs tmpfs '\(directory)' && mount -o remount,ro '\(directory)'"
                )
                return { _ = try? Command.shell("umount '\(directory)'") }
            case "full":
                try Command.shell(
                    "mkdir -p '\(directory)' && mount -t tmpfs -o size=64k tmpfs '\(directory)'")
                try Command.shell(
                    "dd if=/dev/zero of='\(directory)/ballast' bs=4k 2>/dev/null || true")
                return { _ = try? Command.shell("umount '\(directory)'") }
            case "a file":
                try Data("x".utf8).write(to: URL(fileURLWithPath: rig.directory + "/plain"))
                try move(rig.directory + "/plain")
            case "not a database":
                try rig.result("info", [])
                // With its WAL beside it SQLite would not miss the file.
                for end in ["-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: rig.journalPath + end)
                }
                let garbage = Data(repeating: 0x55, count: 50_000)
                try garbage.write(to: URL(fileURLWithPath: rig.journalPath))
            case "newer":
                try rig.result("info", [])
                try Command.shell("sqlite3 '\(rig.journalPath)' 'PRAGMA user_version = 99'")
            case "locked":
                try rig.result("info", [])
                // Longer than the 30 s for which a mutating call waits.
                let holder = try Command.start("/usr/bin/env", ["sqlite3", rig.journalPath])
                try holder.write("BEGIN EXCLUSIVE;\nSELECT 1;\n")
                usleep(300_000)
                return { holder.stop() }
            default: Issue.record("unknown fault \(fault)")
            }
            return {}
        }

        @Test(
            "A journal that breaks in the middle of a call: the call is finished, and so is the next",
            arguments: ["deleted", "directory gone", "garbage", "newer", "full"])
        func brokenMidway(_ fault: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let directory = rig.directory + "/journal"
            let tmpfs = try Tmpfs(directory, size: "1m")
            defer { tmpfs.unmount() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            let script =
                switch fault {
                case "deleted": "rm '\(directory)'/journal.db*"
                case "directory gone": "rm -rf '\(directory)'/*"
                case "garbage":
                    "for f in '\(directory)'/journal.db*; do head -c 20000 /dev/urandom >$f; done"
                case "newer": "sqlite3 '\(rig.journalPath)' 'PRAGMA user_version = 99'"
                default: "dd if=/dev/zero of='\(directory)/ballast' bs=1k 2>/dev/null || true"
                }
            proxy.onFault = { _ = try? Command.shell(script) }
            proxy.arm("/commit", .pass)
            let arguments: JSON = [.string(vm), .string(disk)]
            let answer = try rig.through(proxy) { try rig.call("attach_disk", arguments) }
            #expect(proxy.disarm())
            #expect(answer.result.string == "/warden-cpi-dev/\(disk)", "\(answer)")
            #expect(answer.stderr.split(separator: "\n").count <= 1, "\(answer.stderr)")
            let next = try rig.call("detach_disk", arguments)
            #expect(next.json["error"].isNull, "\(next)")
            let told = next.stderr.split(separator: "\n").filter { $0.contains("journal") }
            #expect(told.count <= 1, "\(next.stderr)")
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            #expect(try rig.leftovers([vm]).filter { $0.contains(".") } == [])
        }

        @Test("A corrupt journal is kept under another name, and a new one is begun")
        func corruptJournal() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let garbage = Data(repeating: 0x55, count: 50_000)
            try FileManager.default.createDirectory(
                atPath: rig.directory + "/journal", withIntermediateDirectories: true)
            try garbage.write(to: URL(fileURLWithPath: rig.journalPath))
            try rig.result("info", [])
            let files = try FileManager.default.contentsOfDirectory(
                atPath: rig.directory + "/journal")
            let kept = try #require(files.first { $0.hasPrefix("journal.db.corrupt-") })
            let content = try Data(
                contentsOf: URL(fileURLWithPath: rig.directory + "/journal/" + kept))
            #expect(content == garbage)
            #expect(
                try Journal(reading: rig.journalPath).operations(OperationFilter(limit: 9)).count
                    == 1)
        }
    }
}
