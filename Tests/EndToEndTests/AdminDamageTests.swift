import Foundation
import Journal
import Testing

@testable import Engine

extension EndToEnd {
    /// A journal that is damaged while its WAL is there: SQLite may still take it for a journal.
    @Suite("The operator's journal is missing or damaged")
    struct AdminDamageTests {
        /// Garbage over the file; its WAL has the first page and not all others.
        private func damage(_ rig: Rig) throws {
            for _ in 1...40 { try rig.result("info", []) }
            try rig.journal("PRAGMA wal_checkpoint(TRUNCATE)")
            // From another connection, which is closed without emptying the WAL.
            let script = """
                import sqlite3, os
                journal = sqlite3.connect('\(rig.journalPath)')
                journal.execute('PRAGMA wal_autocheckpoint = 0')
                journal.execute('CREATE TABLE further (x)')
                journal.commit()
                os._exit(0)
                """
            try Command.shell("python3 -c \"\(script)\"")
            try Command.shell(
                "head -c 30000 /dev/zero | tr '\\0' U | dd of='\(rig.journalPath)' conv=notrunc 2>/dev/null"
            )
            try #require(FileManager.default.fileExists(atPath: rig.journalPath + "-wal"))
        }

        private func aside(_ rig: Rig) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: rig.directory + "/journal")
                .filter { $0.contains(".corrupt-") }.sorted()
        }

        private func journalFinding(_ rig: Rig) throws -> JSON {
            let list = try JSON(parsing: rig.admin("doctor", "--json").stdout.utf8)["findings"]
            return list.array?.first { $0["what"] == "journal" } ?? .null
        }

        @Test(
            "A configuration that is no JSON is a finding, and one that is not there has a next step"
        )
        func configuration() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let path = rig.directory + "/broken.json"
            try Data("{\"Actions\": }".utf8).write(to: URL(filePath: path))
            let run = { (arguments: [String]) in
                try Command.run(
                    "/usr/bin/env",
                    ["-u", "DOCKER_CPI_CONFIG", "HOME=\(rig.directory)"]
                        + rig.command("cpi-admin", arguments))
            }
            let broken = try run(["doctor", "--config", path, "--json"])
            #expect(broken.exitCode == 1 && broken.stderr == "", "\(broken)")
            let finding = try JSON(parsing: broken.stdout.utf8)["findings"].array?.first ?? .null
            #expect(finding["what"] == "configuration" && finding["level"] == "fail")
            #expect(
                finding["detail"].string?.contains("broken.json is not JSON (from byte") == true)
            let none = try run(["orphans"])
            #expect(none.exitCode == 1 && none.stderr.contains("give --config FILE"), "\(none)")
        }

        @Test("Missing: recover points to Docker's own traces")
        func missing() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let run = try rig.admin("recover")
            #expect(run.exitCode == 5 && run.stderr.contains("there is no journal"), "\(run)")
            #expect(run.stderr.contains("cpi-admin recover --from-docker --config"))
            #expect(run.stderr.split(separator: "\n").count == 1)
        }

        @Test(
            "Overwritten beside its WAL: it is told in a sentence, and the next call keeps it and goes on"
        )
        func overwritten() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            try damage(rig)
            let run = try rig.admin("recover")
            #expect(run.exitCode == 5 && run.stderr.contains("recover --from-docker"), "\(run)")
            #expect(run.stderr.split(separator: "\n").count == 1 && !run.stderr.contains("SELECT"))
            let finding = try journalFinding(rig)
            #expect(
                finding["level"] == "fail" && !finding.text.contains("SELECT"), "\(finding.text)")
            #expect(finding["detail"].string?.contains("is damaged") == true)
            #expect(finding["advice"].string?.contains("keeps the file as") == true)
            #expect(try rig.admin("recover", "--from-docker").exitCode == 0)
            for words in [["disks"], ["vm", vm], ["vm", vm, "--logs", "1"]] {
                let run = try rig.admin(words)
                #expect(run.exitCode == 0 && run.stderr.contains("journal"), "\(words): \(run)")
            }
            #expect(try aside(rig) == [], "looking keeps nothing")

            let answer = try rig.call("info", [])
            #expect(answer.json["error"].isNull && answer.stderr.contains("it is kept as"))
            #expect(answer.stderr.split(separator: "\n").count == 1, "\(answer.stderr)")
            let kept = try aside(rig)
            #expect(kept.contains { $0.hasSuffix("-wal") }, "\(kept)")
            let copy = try #require(kept.first { $0.last?.isNumber == true })
            let verified = try rig.admin(
                "journal", "verify", "--journal", rig.directory + "/journal/" + copy)
            #expect(verified.exitCode == 5 && verified.stderr.contains(copy), "\(verified)")
            #expect(!verified.stderr.contains("the next call"), "it is a copy: \(verified)")
            #expect(try rig.call("info", []).stderr == "", "from then on all is well")
            #expect(
                try Journal(reading: rig.journalPath).operations(OperationFilter(limit: 9)).count
                    == 2)
            #expect(try journalFinding(rig)["level"] == "ok")
        }

        @Test("Numbers that no call has written are shown as what they can be, and end nothing")
        func numbers() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let far = [Int64.max, .min]
            for (one, other) in [(far[0], far[1]), (far[1], far[0])] {
                try rig.journal(
                    """
                    UPDATE operations SET started = \(one), finished = \(other), duration = \(one);
                    UPDATE events SET at = CASE sequence % 2 WHEN 0 THEN \(one) ELSE \(other) END,
                      monotonic = CASE sequence % 2 WHEN 0 THEN \(other) ELSE \(one) END
                    """)
                for arguments in [
                    ["list"], ["show", "last"], ["timeline", "--disk", disk], ["stats"],
                    ["stats", "--steps"], ["export"], ["export", "--format", "chrome"],
                    ["report", "--disk", disk],
                    ["tail"],
                ] {
                    let run = try rig.admin(["journal"] + arguments)
                    #expect(run.exitCode == 0, "\(arguments): \(run)")
                }
                #expect(try rig.call("has_disk", [.string(disk)]).json["result"] == true)
            }
        }

        @Test("A command that only looks leaves a journal of an older version as it is")
        func older() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            _ = try rig.makeDisk()
            try rig.journal("PRAGMA user_version = 2")
            for arguments in [
                ["doctor"], ["disks"], ["orphans"], ["journal", "show", "last"], ["recover"],
                ["recover", "--dry-run"],
            ] {
                let run = try rig.admin(arguments)
                #expect(run.exitCode == 0, "\(arguments): \(run)")
                let version = ["sqlite3", rig.journalPath, "PRAGMA user_version"]
                #expect(try Command.run("/usr/bin/env", version).stdout == "2\n", "\(arguments)")
            }
        }

        @Test("Several calls at once keep it once, and each is recorded")
        func several() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try damage(rig)
            let request = rig.directory + "/request"
            // A call that only reads goes unrecorded when it would have to wait, as it may here.
            let bytes = Rig.request("create_disk", [16, [:], .null])
            try Data(bytes).write(to: URL(fileURLWithPath: request))
            let answers = try Command.shell(
                "for n in 1 2 3 4 5 6; do \(rig.callScript) <'\(request)' 2>/dev/null & done; wait")
            let disks = answers.matches(of: /disk-[0-9a-f-]{36}/).map { String($0.output) }
            rig.later(.disks) { for disk in disks { try? rig.engine.removeVolume(disk) } }
            #expect(answers.components(separatedBy: "\"error\":null").count == 7, "\(answers)")
            #expect(
                try aside(rig).filter { !$0.contains("-wal") && !$0.contains("-shm") }.count == 1)
            #expect(
                try Journal(reading: rig.journalPath).operations(OperationFilter(limit: 9)).count
                    == 6)
            #expect(try rig.admin("journal", "verify").exitCode == 0)
        }
    }
}
