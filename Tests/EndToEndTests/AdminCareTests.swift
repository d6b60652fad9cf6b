import Foundation
import Journal
import Testing

@testable import Engine

/// Looking after the journal: numbers, checks, pruning, taking it elsewhere.
@Suite("The operator's care of a journal file")
struct AdminCareTests {
    @Test("Statistics are those of the calls, and Prometheus can read them")
    func stats() throws {
        let sample = try SampleJournal()
        for number in 1...10 {
            let isLast = number == 10
            try sample.add(
                "1cccccccccc\(number + 100)", "attach_disk", hours: Int64(number),
                step: "stop container vm-\(number)", took: Int64(number * 100),
                ends: isLast ? "failed" : "done", error: isLast ? "no" : nil)
        }
        let json = try JSON(parsing: sample.admin("journal", "stats", "--json").stdout.utf8)
        let one = try #require(json["methods"].array?.first)
        #expect(json["methods"].array?.count == 1 && one["name"] == "attach_disk")
        #expect(one["count"] == 10 && one["failures"] == 1)
        #expect(one["p50_us"] == 500_000 && one["p90_us"] == 900_000 && one["max_us"] == 1_000_000)
        #expect(one["slowest"] == "1cccccccccc110")
        let steps = try JSON(
            parsing: sample.admin("journal", "stats", "--steps", "--json").stdout.utf8)
        #expect(steps["steps"].array?.first?["name"] == "stop container")
        #expect(steps["steps"].array?.first?["p50_us"] == 500_000)
        let metrics = try sample.admin("journal", "stats", "--prometheus").stdout
        #expect(
            metrics.contains(
                "docker_cpi_call_duration_seconds{method=\"attach_disk\",quantile=\"0.50\"} 0.500000\n"
            ))
        #expect(metrics.contains("docker_cpi_call_failures{method=\"attach_disk\"} 1\n"))
        #expect(metrics.contains("docker_cpi_call_recorded{method=\"attach_disk\"}"))
        #expect(!metrics.contains("summary") && !metrics.contains("_sum"))
        #expect(metrics.contains("docker_cpi_open_operations{state=\"running\"} 0\n"))
        #expect(metrics.contains("docker_cpi_open_operations{state=\"interrupted\"} 0\n"))
        let late = try sample.admin("journal", "stats", "--since", "1h", "--json").stdout
        #expect(try JSON(parsing: late.utf8)["methods"] == [])
    }

    @Test("verify finds lists that say otherwise than the events, and events without an intent")
    func verify() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let well = try sample.admin("journal", "verify")
        #expect(well.exitCode == 0 && well.stdout.contains("5 operations; all is well"), "\(well)")
        func damage(_ sql: String) throws {
            let run = try Command.run("/usr/bin/env", ["sqlite3", sample.path, sql])
            try #require(run.exitCode == 0, "\(run.stderr)")
        }
        try damage("UPDATE operations SET state = 'failed' WHERE id = '1aaaaaaaaaaaa1'")
        try damage("DELETE FROM operations WHERE id = '1aaaaaaaaaaaa3'")
        let lists = try sample.admin("journal", "verify")
        #expect(lists.exitCode == 5)
        #expect(lists.stdout.contains("1aaaaaaaaaaaa1 is shown otherwise than its events say"))
        #expect(lists.stdout.contains("1aaaaaaaaaaaa3 is missing in the lists"))
        #expect(lists.stdout.contains("journal export"), "what to do")
        try damage("DELETE FROM events WHERE operation = '1aaaaaaaaaaaa2' AND kind = 'intent'")
        let json = try JSON(parsing: sample.admin("journal", "verify", "--json").stdout.utf8)
        #expect(json["ok"] == false)
        #expect(json["problems"].text.contains("1aaaaaaaaaaaa2 has events and no intent"))
    }

    @Test("prune says first what would go, and leaves what is open")
    func prune() throws {
        let sample = try SampleJournal()
        try sample.add("1dddddddddddd1", "delete_vm", about: [Subject(.vm, "vm-x")])
        try sample.add("1dddddddddddd2", "attach_disk", ends: nil, replied: nil)
        try sample.add("1dddddddddddd3", "delete_disk", hours: 47, about: [Subject(.disk, "d")])
        let look = try sample.admin("journal", "prune", "--keep", "1d", "--dry-run")
        #expect(look.exitCode == 0 && look.stdout == "1 operations would be removed\n", "\(look)")
        #expect(try sample.ids().count == 3)
        let done = try sample.admin("journal", "prune", "--keep", "1d")
        #expect(done.stdout == "1 operations were removed\n", "\(done)")
        #expect(try sample.ids() == ["1dddddddddddd3", "1dddddddddddd2"])
        #expect(try sample.admin("journal", "prune", "--keep", "all").exitCode == 64)
    }

    @Test("What was exported is imported into a fresh journal, event for event")
    func roundTrip() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let exported = try sample.admin("journal", "export").stdout
        #expect(!exported.contains("hunter2secret"))
        let file = sample.directory + "/events.jsonl"
        try exported.write(toFile: file, atomically: true, encoding: .utf8)
        let fresh = sample.directory + "/fresh"
        func run(_ words: String...) throws -> Command.Result {
            try Command.run(Rig.executables + "/cpi-admin", words)
        }
        let imported = try run("journal", "import", file, fresh)
        #expect(imported.exitCode == 0, "\(imported)")
        let journal = fresh + "/journal.db"
        #expect(try run("journal", "export", "--journal", journal).stdout == exported)
        let list = try run("journal", "list", "--json", "--journal", journal).stdout
        let ids = try JSON(parsing: list.utf8)["operations"].array?.compactMap { $0["id"].string }
        #expect(try ids == sample.ids())
        #expect(try run("journal", "verify", "--journal", journal).exitCode == 0)
        #expect(try run("journal", "import", file, fresh).exitCode == 5, "it has events already")

        try (exported + "{\"schema\":1}\n").write(toFile: file, atomically: true, encoding: .utf8)
        let directory = try run("journal", "import", sample.directory, fresh + "2")
        #expect(
            directory.exitCode == 1 && directory.stderr.contains("is a directory"), "\(directory)")
        // Cut at its beginning, doubled, mixed up.
        let whole = exported.split(separator: "\n")
        for (number, lines) in [
            Array(whole.dropFirst(1)), whole + whole.prefix(1), whole.reversed(),
        ].enumerated() {
            let damaged = sample.directory + "/damaged-\(number)"
            try lines.joined(separator: "\n").write(
                toFile: damaged, atomically: true, encoding: .utf8)
            let refused = try run("journal", "import", damaged, fresh + "-\(number)")
            #expect(
                refused.exitCode == 1 && refused.stderr.contains("nothing is imported"),
                "\(refused)")
        }
        let bad = try run("journal", "import", file, sample.directory + "/bad")
        #expect(bad.exitCode == 1 && bad.stderr.contains("nothing is imported"), "\(bad)")
        let empty = sample.directory + "/bad/journal.db"
        #expect(try run("journal", "export", "--journal", empty).stdout == "")
    }

    @Test("The trace has a lane for each VM, and the steps within their calls")
    func trace() throws {
        let sample = try SampleJournal()
        let vm = [Subject(.vm, "vm-1")]
        try sample.add("1eeeeeeeeeeee1", "reboot_vm", about: vm, step: "stop container vm-1")
        let text = try sample.admin("journal", "export", "--format", "chrome").stdout
        let events = try #require(try JSON(parsing: text.utf8)["traceEvents"].array)
        let lane = try #require(events.first { $0["ph"] == "M" })
        #expect(lane["args"]["name"] == "vm-1" && lane["name"] == "thread_name")
        let spans = events.filter { $0["ph"] == "X" }
        #expect(spans.map { $0["name"] } == ["reboot_vm", "stop container vm-1"])
        #expect(spans.allSatisfy { $0["dur"] == 100_000 && $0["tid"] == lane["tid"] })
        #expect(spans[0]["ts"].int == Int(sample.start) * 1_000)
    }

    @Test("tail shows the last events, one a line")
    func tail() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let lines = try sample.admin("journal", "tail", "-n", "2").stdout.split(separator: "\n")
        #expect(lines.count == 2 && lines[1].contains("unfinished: stop container"))
        let json = try sample.admin("journal", "tail", "-n", "1", "--json").stdout
        #expect(try JSON(parsing: json.utf8)["operation"] == "1aaaaaaaaaaaa5")
    }

    @Test("tail -f shows what comes later, and goes on")
    func follow() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let file = sample.directory + "/followed"
        let command =
            "exec '\(Rig.executables)/cpi-admin' journal tail -f -n 1 --journal '\(sample.path)'"
        let tail = try Command.start("/bin/bash", ["-c", "\(command) >'\(file)'"])
        defer { tail.stop() }
        func shows(_ words: String) -> Bool {
            (0..<100).contains { _ in
                usleep(100_000)
                return (try? String(contentsOfFile: file, encoding: .utf8))?.contains(words) == true
            }
        }
        #expect(shows("unfinished: stop container"))
        for (id, method) in [("1fffffffffff1", "reboot_vm"), ("1fffffffffff2", "delete_vm")] {
            #expect(try !String(contentsOfFile: file, encoding: .utf8).contains(method))
            try sample.add(id, method, hours: 41)
            #expect(shows("\(id) intent   \(method)"))
        }
    }

    @Test("The report is one file that escapes what it shows, and has no secret and no resource")
    func report() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let run = try sample.admin("journal", "report", "--since", "3d", "--offline")
        let html = run.stdout
        #expect(
            run.exitCode == 0 && html.hasPrefix("<!DOCTYPE html>") && html.hasSuffix("</html>\n"))
        #expect(html.contains("cannot start it: &lt;b&gt;no room"), "escaped")
        #expect(!html.contains("<b>no room") && !html.contains("hunter2secret"))
        for outside in ["http:", "https:", "src=", "@import", "url(", "<script", "<link"] {
            #expect(!html.contains(outside), "\(outside)")
        }
        #expect(html.contains("5 calls from "))
        #expect(html.contains("1 interrupted, 1 rolled-back, 3 done"), "how they ended")
        #expect(html.contains("attach_disk 1aaaaaaaaaaaa5 is not settled"))
        #expect(html.contains("<rect class=\"interrupted\""))
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
        #expect(try sample.admin("journal", "report").exitCode == 64, "of what?")
    }

    @Test("Output that cannot be written is no success, and help fits any terminal")
    func output() throws {
        let sample = try SampleJournal()
        try sample.add("1cccccccccc101", "attach_disk", hours: 1)
        let admin = "'\(Rig.executables)/cpi-admin'"
        for command in ["journal report --since 2h", "journal export", "journal list"] {
            let words = try Command.shell(
                "\(admin) \(command) --journal '\(sample.path)' 2>&1 >/dev/full; echo $?")
            #expect(words.contains("the output cannot be written"), "\(command): \(words)")
            #expect(words.hasSuffix("\n1\n"), "\(command): \(words)")
        }
        for command in ["--help", "recover --help", "journal list --help"] {
            let words = try Command.shell("COLUMNS=20 \(admin) \(command) 2>&1; echo $?")
            #expect(words.contains("USAGE") && words.hasSuffix("\n0\n"), "\(command): \(words)")
        }
    }
}
