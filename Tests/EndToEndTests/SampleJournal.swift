import Foundation
import Testing

@testable import Engine
@testable import Journal

/// A journal with an incident in it, made without Docker, and `cpi-admin` to look at it.
final class SampleJournal {
    let directory: String
    let journal: Journal
    var path: String { directory + "/journal.db" }
    /// Unix milliseconds of the first operation: two days ago.
    let start: Int64 = Int64(Date().timeIntervalSince1970 * 1_000) - 2 * 86_400_000
    static let vm = "vm-11111111-2222-4333-8444-555555555501"
    static let other = "vm-11111111-2222-4333-8444-555555555502"
    static let disk = "disk-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeee01"

    init() throws {
        directory = NSTemporaryDirectory() + "cpi-sample-" + UUID().uuidString
        journal = try Journal(directory: directory, busyTimeout: 1_000)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Runs cpi-admin on it.
    func admin(_ arguments: String...) throws -> Command.Result { try admin(arguments) }

    func admin(_ arguments: [String]) throws -> Command.Result {
        try Command.run(
            Rig.executables + "/cpi-admin", arguments + ["--journal", path],
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory])
    }

    /// As on a terminal of so many columns.
    func terminal(_ arguments: [String], columns: Int = 80, environment: String = "NO_COLOR=")
        throws
        -> [String]
    {
        let words = arguments + ["--journal", path]
        let command =
            "stty cols \(columns); \(environment) '\(Rig.executables)/cpi-admin' "
            + words.map { "'\($0)'" }.joined(separator: " ")
        let output = try Command.shell(
            "script -qec \"\(command)\" /dev/null </dev/null | tr -d '\\r'")
        return output.split(separator: "\n").map(String.init)
    }

    /// One whole operation. `step`: what it did, for so many milliseconds; nil for nothing.
    func add(
        _ id: String, _ method: String, hours: Int64 = 0, about subjects: [Subject] = [],
        plan: String? = nil, request: String? = nil, step: String? = nil, took: Int64 = 100,
        ends: String? = "done", error: String? = nil, replied: Bool? = true
    ) throws {
        let at = start + hours * 3_600_000
        func event(_ kind: Event.Kind, _ after: Int64, _ step: String? = nil, _ data: JSON? = nil)
            -> Event
        {
            Event(
                kind: kind, step: step, at: at + after, monotonic: (at - start + after) * 1_000,
                data: data?.text)
        }
        var events: [Event] = []
        if let step {
            events.append(event(.doing, 0, step))
            if ends == "done" { events.append(event(.done, took, step)) }
        }
        if let ends {
            var data: JSON = ["state": .string(ends)]
            if let error { data["error"] = .string(error) }
            events.append(event(.outcome, took, nil, data))
        }
        if let replied { events.append(event(.replied, took, nil, ["delivered": .bool(replied)])) }
        try journal.begin(
            Intent(
                id: id, method: method, mutating: true, plan: plan, subjects: subjects,
                director: "director-1", request: request, owner: nil),
            event: event(.intent, 0), durable: false)
        try journal.record(events, of: id, durable: false)
    }

    /// A VM's life up to an attach_disk that was interrupted.
    func addIncident() throws {
        let (vm, disk) = (Subject(.vm, SampleJournal.vm), Subject(.disk, SampleJournal.disk))
        try add("1aaaaaaaaaaaa1", "create_vm", about: [vm], request: "cpi-1", took: 4_000)
        try add(
            "1aaaaaaaaaaaa2", "set_vm_metadata", hours: 1, about: [vm],
            plan: """
                {"vm":"\(vm.cid)","metadata":{"deployment":"shop","job":"web","index":"3"}}
                """)
        try add("1aaaaaaaaaaaa3", "create_disk", hours: 2, about: [disk], request: "cpi-3")
        try add(
            "1aaaaaaaaaaaa4", "create_vm", hours: 3, about: [Subject(.vm, SampleJournal.other)],
            ends: "rolled-back", error: "cannot start it: <b>no room</b>, password=hunter2secret")
        try add(
            "1aaaaaaaaaaaa5", "attach_disk", hours: 40, about: [vm, disk], request: "cpi-5",
            step: "stop container \(vm.cid)", ends: nil, replied: nil)
    }

    /// The ids that `journal list` prints with these options.
    func ids(_ arguments: String...) throws -> [String] {
        let run = try admin(["journal", "list", "--columns", "id", "-o", "csv"] + arguments)
        // 2: nobody is at work on what is open.
        try #require(run.exitCode == (arguments == ["--open"] ? 2 : 0), "\(run)")
        return run.stdout.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
    }
}
