import Foundation
import Testing

@testable import Engine
import Journal

/// What needs no Docker: a journal file is enough, also on another machine.
@Suite("The operator's view of a journal file")
struct AdminJournalTests {
    private let create = "1aaaaaaaaaaaa1"
    private let metadata = "1aaaaaaaaaaaa2"
    private let disk = "1aaaaaaaaaaaa3"
    private let failed = "1aaaaaaaaaaaa4"
    private let attach = "1aaaaaaaaaaaa5"

    @Test("Every filter of the list lets through what it says, and nothing else")
    func filters() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        #expect(try sample.ids() == [attach, failed, disk, metadata, create])
        #expect(try sample.ids("--open") == [attach])
        #expect(try sample.ids("--failed") == [failed])
        #expect(try sample.ids("--vm", SampleJournal.vm) == [attach, metadata, create])
        #expect(try sample.ids("--disk", "disk-aaaa") == [attach, disk])
        #expect(try sample.ids("--vm", "vm-1…5502") == [failed], "as a table cuts it")
        #expect(try sample.ids("--vm", "vm-1...5501", "--disk", "disk") == [attach])
        #expect(try sample.ids("--method", "create_vm") == [failed, create])
        #expect(
            try sample.ids("--method", "create_vm", "--method", "create_disk")
                == [failed, disk, create])
        #expect(try sample.ids("--request", "cpi-3") == [disk])
        #expect(try sample.ids("--director", "director-2") == [])
        #expect(try sample.ids("--since", "10h") == [attach])
        #expect(try sample.ids("--until", "10 hours ago") == [failed, disk, metadata, create])
        #expect(try sample.ids("-n", "2") == [attach, failed])
        let two = try sample.admin("journal", "list", "-n", "2")
        #expect(two.stderr.contains("these are the newest 2, there are more"), "\(two)")
        #expect(try sample.admin("journal", "list", "-n", "5").stderr == "")
        #expect(try sample.admin("journal", "report", "--failed", "--offline").exitCode == 0)
        #expect(try sample.admin("journal", "report", "--offline").exitCode == 64)
        let several = try sample.admin("journal", "list", "--vm", "vm-1")
        #expect(several.exitCode == 1 && several.stderr.contains("give more of it"))
        for name in [SampleJournal.vm, SampleJournal.other] {
            #expect(several.stderr.contains(name), "\(several)")
        }
        #expect(try sample.ids("--about", "disk-aaaa") == [attach, disk])
        let about = try sample.admin("journal", "list", "--about", "vm-1")
        #expect(about.exitCode == 1 && about.stderr.contains("\(SampleJournal.vm) or vm-"))
        let id = try sample.admin("journal", "show", "1aaaaaaaaaaaa")
        #expect(id.exitCode == 1 && id.stderr.contains("\(create) or \(metadata)"), "\(id)")
        let none = try sample.admin("journal", "list", "--vm", "vm-9")
        #expect(none.exitCode == 1 && none.stderr.contains("knows no vm vm-9"))
        for time in ["soon", "2026-02-30", "2026-11-31T10:00:00Z"] {
            #expect(try sample.admin("journal", "list", "--since", time).exitCode == 64, "\(time)")
        }
        for words in [["list", "-n", "-1"], ["report", "--open", "-n", "0"]] {
            let wrong = try sample.admin(["journal"] + words)
            #expect(wrong.exitCode == 64, "\(wrong)")
            #expect(wrong.stderr.contains("must be a whole number from 1: not \(words.last ?? "")"))
        }
        #expect(try sample.admin("journal", "tail", "-n", "-2").stderr.contains("from 0: not -2"))
    }

    @Test("The list comes as table, JSON, JSON lines and CSV, with the columns asked for")
    func formats() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let csv = try sample.admin(
            "journal", "list", "-o", "csv", "--columns", "id,deployment,group,index,error")
        let lines = csv.stdout.components(separatedBy: "\r\n")
        #expect(lines[0] == "id,deployment,group,index,error")
        #expect(lines[1] == "\(attach),shop,web,3,-")
        #expect(lines[2].hasPrefix("\(failed),-,-,-,\"cannot start it: <b>no room</b>, "))
        // Numbers are plain, and their column names the unit.
        let long = try sample.admin("journal", "-o", "csv", "--columns", "id,duration").stdout
        #expect(long.hasPrefix("id,duration_us\r\n"))
        #expect(long.contains("\(attach),\r\n"), "one that is open has none: \(long)")
        let ended = try #require(
            long.components(separatedBy: "\r\n").first { $0.hasPrefix(failed) })
        #expect(Int64(ended.dropFirst(failed.count + 1)) != nil, "\(ended)")
        let json = try JSON(parsing: sample.admin("journal", "--json").stdout.utf8)
        #expect(json["schema"] == 1 && json["operations"].array?.count == 5)
        #expect(json["operations"].array?[0]["instance_group"] == "web")
        let documents = try sample.admin("journal", "-o", "jsonl").stdout.split(separator: "\n")
        #expect(try documents.map { try JSON(parsing: $0.utf8) } == json["operations"].array)
        let table = try sample.admin("journal").stdout.split(separator: "\n")
        #expect(table[0].contains("INSTANCE") && table[1].contains("shop/web/3"))
        #expect(table[1].contains(SampleJournal.vm) && table[1].contains("T"), "in full")
        let wrong = try sample.admin("journal", "list", "--columns", "id,foo")
        #expect(wrong.exitCode == 64 && wrong.stderr.contains("no column foo"))
        #expect(wrong.stderr.contains("instance"), "it names those that there are")
    }

    @Test("On a terminal nothing is wider than it, no column is missing, and NO_COLOR is obeyed")
    func terminal() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        for columns in [80, 200] {
            for command in [["journal"], ["journal", "show", "last", "--offline"]] {
                let lines = try sample.terminal(command, columns: columns)
                #expect(lines.contains { $0.utf8.contains(0x1b) }, "colour")
                for line in lines {
                    let plain = line.replacing(#/\u{1b}\[[0-9]*m/#, with: "")
                    #expect(plain.count <= columns, "\(plain.count): \(plain)")
                }
            }
        }
        let plain = try sample.terminal(["journal"], environment: "NO_COLOR=1")
        #expect(!plain.contains { $0.utf8.contains(0x1b) })
        for title in ["ID", "STATE", "METHOD", "VM", "DISK", "INSTANCE", "STEP", "AGO", "TOOK"] {
            #expect(plain[0].contains(title), "\(plain[0])")
        }
        #expect(plain[1].contains(attach) && plain[1].contains("interrupted"), "\(plain[1])")
        #expect(plain[1].contains("…"), "ids are cut in the middle")
        #expect(plain[1].contains(" 8h"), "relative times")
        #expect(plain[1].contains("stop c"), "of a step what it does: \(plain[1])")
        #expect(try !sample.admin("journal").stdout.utf8.contains(0x1b), "a pipe gets no colour")
    }

    @Test("A story has header, timeline, error and the next command, and no secret")
    func show() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let open = try sample.admin("journal", "show", "last", "--offline")
        #expect(open.exitCode == 0)
        for words in [
            "interrupted: its process is gone", SampleJournal.vm, "shop/web/3", "cpi-5",
            "unfinished: stop container \(SampleJournal.vm)", "not known",
            "Next: on the machine of that journal's CPI: cpi-admin recover \(attach), or",
            "not asked (--offline)",
        ] { #expect(open.stdout.contains(words), "\(words) in \(open.stdout)") }
        let error = try sample.admin("journal", "show", "last:create_vm", "--offline").stdout
        #expect(error.contains("Error: cannot start it: <b>no room</b>"), "in full")
        #expect(error.contains("fix the cause"))
        #expect(!error.contains("hunter2secret"))
        let noDocker = try sample.admin("journal", "show", "last")
        #expect(noDocker.exitCode == 0 && noDocker.stdout.contains("not known: "), "\(noDocker)")
        let json = try JSON(
            parsing: sample.admin("journal", "show", "last", "--json", "--offline").stdout.utf8)
        #expect(json["next"].string?.contains(attach) == true && json["recovery"].isNull)
        #expect(json["events"].array?.count == 2)
    }

    @Test("A timeline has all of a VM in order, and folds what is alike")
    func timeline() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let vm = [Subject(.vm, SampleJournal.vm)]
        for number in 1...3 {
            try sample.add("1bbbbbbbbbbbb\(number)", "set_vm_metadata", hours: 45, about: vm)
        }
        let lines = try sample.admin("journal", "timeline", "--vm", "vm-1…01").stdout
            .split(separator: "\n")
        let methods = lines.dropFirst().map { $0.split(separator: " ")[3] }
        #expect(methods == ["create_vm", "set_vm_metadata", "attach_disk", "set_vm_metadata"])
        #expect(lines.last?.contains("×3") == true)
        let all = try sample.admin(
            "journal", "timeline", "--vm", SampleJournal.vm, "--all", "--json")
        #expect(try JSON(parsing: all.stdout.utf8)["operations"].array?.count == 6)
        #expect(try sample.admin("journal", "timeline").exitCode == 64)
    }

    @Test("A mistyped command gets a suggestion")
    func suggestions() throws {
        let sample = try SampleJournal()
        let run = try sample.admin("jornal", "list")
        #expect(run.exitCode == 64 && run.stderr.contains("Did you mean 'journal'?"))
        #expect(try sample.admin("journal", "shwo").stderr.contains("Did you mean 'show'?"))
        let method = try sample.admin("journal", "--method", "atach_disk")
        #expect(method.exitCode == 1)
        #expect(method.stderr.contains("there is no method atach_disk; is it attach_disk?"))
    }

    @Test("A journal that the CPI keeps elsewhere, for want of its directory, is found")
    func fallback() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let state = sample.directory + "/state"
        let files = FileManager.default
        try files.createDirectory(atPath: state, withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: state + "/docker-cpi", withDestinationPath: sample.directory)
        func list(_ journal: String) throws -> Command.Result {
            let configuration: JSON = [
                "Actions": [
                    "Docker": ["host": "unix:///no/such.sock"],
                    "Agent": ["Mbus": "https://a:b@0.0.0.0:6868", "NTP": []],
                ], "journal": ["directory": .string(journal)],
            ]
            let path = sample.directory + "/cpi.json"
            try Data(configuration.bytes).write(to: URL(fileURLWithPath: path))
            return try Command.run(
                Rig.executables + "/cpi-admin", ["journal", "--config", path],
                environment: ["XDG_STATE_HOME": state])
        }
        // Below a file nobody can make a directory.
        let found = try list("/etc/passwd/journal")
        #expect(found.exitCode == 0 && found.stdout.contains(attach), "\(found)")
        #expect(found.stderr.contains("reading \(state)/docker-cpi"), "it says so")
        let link = sample.directory + "/store"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: sample.directory + "/not-mounted")
        #expect(try list(link).exitCode == 0, "a store that is not mounted is no directory")
        let usable = try list(sample.directory + "/new")
        #expect(usable.exitCode == 5, "a CPI could have made that one: \(usable)")
    }

    @Test("What is printed as the next command can be copied: it has the same files")
    func nextCommand() throws {
        let sample = try SampleJournal()
        try sample.addIncident()
        let configuration: JSON = [
            "Actions": [
                "Docker": ["host": "unix:///no/such.sock"],
                "Agent": ["Mbus": "https://a:b@0.0.0.0:6868", "NTP": []],
            ], "journal": ["directory": .string(sample.directory)],
        ]
        let path = sample.directory + "/a config.json"
        try Data(configuration.bytes).write(to: URL(fileURLWithPath: path))
        let shown = try Command.run(
            Rig.executables + "/cpi-admin",
            ["journal", "show", "last", "--offline", "--config", path, "--json"])
        let next = try #require(try JSON(parsing: shown.stdout.utf8)["next"].string)
        #expect(next.hasPrefix("cpi-admin recover \(attach) --config '\(path)', or"), "\(next)")
        let command = try #require(next.split(separator: ", or").first)
        let run = try Command.run(
            "/bin/bash", ["-c", "PATH='\(Rig.executables)':$PATH; \(command) --dry-run"])
        #expect(run.exitCode == 6 && run.stderr.contains("/no/such.sock"), "\(run)")
    }
}
