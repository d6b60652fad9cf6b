import Foundation
import Testing

@testable import Journal
@testable import Support

/// A journal in a directory of its own, and a time that goes on with each event.
struct JournalFixture {
    let directory: TemporaryDirectory
    let time = VirtualTime()

    init() throws { directory = try TemporaryDirectory() }

    var file: String { directory.path + "/journal.db" }

    func open(busyTimeout: Int32 = 5_000) throws -> Journal {
        try Journal(directory: directory.path, busyTimeout: busyTimeout)
    }

    func event(_ kind: Event.Kind, _ step: String? = nil, _ data: String? = nil) -> Event {
        Event(
            kind: kind, step: step, at: time.clock.wall(), monotonic: time.clock.monotonic(),
            data: data)
    }

    func intent(_ id: String, _ method: String = "attach_disk", _ subjects: [Subject] = [])
        -> Intent
    {
        Intent(
            id: id, method: method, mutating: true, plan: #"{"vm":"vm-1"}"#, subjects: subjects,
            director: "director-1", request: "cpi-1", owner: #"{"pid":1}"#)
    }

    func begin(_ journal: Journal, _ id: String, _ subjects: [Subject] = []) throws {
        try journal.begin(intent(id, "attach_disk", subjects), event: event(.intent), durable: true)
    }

    func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

@Suite("The journal keeps what happened, in order and for whoever comes later")
struct JournalTests {
    let fixture: JournalFixture

    init() throws { fixture = try JournalFixture() }

    @Test("directory 0700, file 0600, WAL, and the schema's number")
    func files() throws {
        let deep = fixture.directory.path + "/a/b/c"
        let journal = try Journal(directory: deep, busyTimeout: 100)
        try fixture.begin(journal, "op1")
        #expect(try fixture.mode(deep) == 0o700)
        #expect(try fixture.mode(journal.path) == 0o600)
        var mode = ""
        try journal.database.run("PRAGMA journal_mode") { mode = $0.text(0) ?? "" }
        #expect(mode == "wal")
        #expect(try Schema.version(journal.database) == Schema.migrations.count)
    }

    @Test("what was recorded is there for the next process")
    func persistence() throws {
        do {
            let journal = try fixture.open()
            try fixture.begin(journal, "op1", [Subject(.vm, "vm-1"), Subject(.disk, "disk-\"1\\")])
            try journal.record(
                [fixture.event(.doing, "mark"), fixture.event(.done, "mark")], of: "op1",
                durable: false)
            try journal.record(
                [fixture.event(.outcome, nil, #"{"state":"done"}"#)], of: "op1", durable: true)
            try journal.record(
                [fixture.event(.replied, nil, #"{"delivered":true}"#)], of: "op1", durable: false)
        }
        let journal = try Journal(reading: fixture.file)
        let operation = try journal.operation("op1")
        #expect(operation.method == "attach_disk")
        #expect(operation.state == .done)
        #expect(operation.direction == .forward)
        #expect(operation.step == "mark")
        #expect(operation.plan == #"{"vm":"vm-1"}"#)
        #expect(operation.director == "director-1")
        #expect(operation.request == "cpi-1")
        #expect(operation.replied == "delivered")
        #expect(operation.duration ?? -1 >= 0)
        #expect(
            try journal.subjects(of: "op1") == [Subject(.disk, "disk-\"1\\"), Subject(.vm, "vm-1")])
        #expect(
            try journal.events(of: "op1").map(\.kind) == [
                .intent, .doing, .done, .outcome, .replied,
            ])
        #expect(try journal.check() == [])
    }

    @Test("once an operation goes backward it stays so; attempts are counted")
    func directions() throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "op1")
        try journal.record(
            [fixture.event(.undoing, "a"), fixture.event(.undone, "a")], of: "op1", durable: true)
        try journal.record(
            [fixture.event(.attempt), fixture.event(.doing, "b")], of: "op1", durable: true)
        let operation = try journal.operation("op1")
        #expect(operation.direction == .backward)
        #expect(operation.attempts == 1)
        #expect(operation.state == .running)
        #expect(operation.step == "b")
    }

    @Test("the projection can be made anew from the events and is the same then")
    func rebuild() throws {
        let journal = try fixture.open()
        for (index, outcome) in ["done", "failed", "rolled-back", "parked", nil].enumerated() {
            let id = "op\(index)"
            try fixture.begin(journal, id, [Subject(.vm, "vm-\(index)"), Subject(.agent, "a")])
            try journal.record(
                [fixture.event(.doing, "x"), fixture.event(.failed, "y")], of: id, durable: false)
            guard let outcome else { continue }
            let data = #"{"state":"\#(outcome)","error":"why"}"#
            try journal.record(
                [
                    fixture.event(.outcome, nil, data),
                    fixture.event(.replied, nil, #"{"delivered":false}"#),
                ],
                of: id, durable: false)
        }
        let operations = try journal.operations(OperationFilter(limit: 10))
        let subjects = try operations.map { try journal.subjects(of: $0.id) }
        try journal.database.run("UPDATE operations SET state = 'done', step = 'spoiled'")
        try journal.database.run("DELETE FROM subjects")
        try journal.rebuild()
        #expect(try journal.operations(OperationFilter(limit: 10)) == operations)
        #expect(try operations.map { try journal.subjects(of: $0.id) } == subjects)
        #expect(operations.map(\.replied) == [nil, "lost", "lost", "lost", "lost"])
    }

    @Test("operations are found by prefix, by subject, and by being the last")
    func finding() throws {
        let journal = try fixture.open()
        #expect(throws: JournalError.self) { try journal.operation("last") }
        for id in ["0abc1", "0abc2", "0abd1"] {
            try fixture.begin(journal, id, [Subject(.vm, id == "0abd1" ? "vm-2" : "vm-1")])
        }
        #expect(try journal.operation("last").id == "0abd1")
        // A clock that is set back dates it before the others.
        let (method, started) = { ($0.method, $0.started) }(try journal.operation("0abd1"))
        func date(_ started: Int64) throws {
            try journal.database.run(
                "UPDATE operations SET started = ?1 WHERE id = '0abd1'", [.integer(started)])
        }
        try date(1)
        #expect(try journal.operation("last").id == "0abd1")
        #expect(try journal.operation("last:\(method)").id == "0abd1")
        #expect(throws: JournalError.self) { try journal.operation("last:no_such_method") }
        try date(started)
        #expect(try journal.operation("0abd").id == "0abd1")
        #expect(try journal.operation("0abc1").id == "0abc1")
        #expect {
            try journal.operation("0abc")
        } throws: { error in
            guard case JournalError.ambiguous(_, ["0abc1", "0abc2"]) = error else { return false }
            return "\(error)".contains("0abc1 or 0abc2")
        }
        #expect {
            try journal.operation("zzz")
        } throws: { error in
            guard case JournalError.noOperation("zzz") = error else { return false }
            return true
        }
        #expect(
            try journal.operations(OperationFilter(about: "vm-1", limit: 10)).map(\.id) == [
                "0abc2", "0abc1",
            ])
        #expect(try journal.operations(OperationFilter(limit: 1)).map(\.id) == ["0abd1"])
        #expect(try journal.open().map(\.id) == ["0abc1", "0abc2", "0abd1"])
    }

    @Test("an id that is the beginning of another one is found by itself")
    func exactID() throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "abc")
        try fixture.begin(journal, "abcd")
        #expect(try journal.operation("abc").id == "abc")
    }

    @Test("done finds the newest success of a method about a subject")
    func done() throws {
        let journal = try fixture.open()
        for (id, state) in [("1", "done"), ("2", "done"), ("3", "failed")] {
            try fixture.begin(journal, id, [Subject(.vm, "vm-1")])
            try journal.record(
                [fixture.event(.outcome, nil, #"{"state":"\#(state)"}"#)], of: id, durable: false)
        }
        #expect(try journal.done(method: "attach_disk", subject: "vm-1").map(\.id) == ["2", "1"])
        #expect(try journal.done(method: "detach_disk", subject: "vm-1").isEmpty)
        #expect(try journal.done(method: "attach_disk", subject: "vm-2").isEmpty)
    }

    @Test("pruning removes finished operations with their events, never unfinished ones")
    func prune() throws {
        let journal = try fixture.open()
        for (index, state) in ["done", nil, "parked", "failed", "rolled-back"].enumerated() {
            try fixture.begin(journal, "op\(index)", [Subject(.vm, "vm-1")])
            if let state {
                try journal.record(
                    [fixture.event(.outcome, nil, #"{"state":"\#(state)"}"#)], of: "op\(index)",
                    durable: false)
            }
        }
        let now = fixture.time.clock.wall()
        #expect(try journal.prune(before: now - 1_000_000, limit: 10, keeping: .nothing) == 0)
        #expect(try journal.prune(before: now, limit: 2, keeping: .nothing) == 2)
        #expect(try journal.prune(before: now, limit: 10, keeping: .nothing) == 1)
        #expect(
            try journal.operations(OperationFilter(limit: 10)).map(\.id).sorted() == ["op1", "op2"])
        #expect(try journal.events(of: "op0").isEmpty)
        #expect(try journal.subjects(of: "op4").isEmpty)
        #expect(try journal.subjects(of: "op1") == [Subject(.vm, "vm-1")])
    }

    @Test("the WAL stays short although no process lives long, and nothing in it is lost")
    func shortWAL() throws {
        for number in 0..<150 {
            let journal = try fixture.open()
            try fixture.begin(journal, "operation-\(1_000 + number)")
            try journal.trim()
        }
        let journal = try fixture.open()
        #expect(try journal.operations(OperationFilter(limit: 1_000)).count == 150)
        let size =
            try FileManager.default.attributesOfItem(atPath: journal.path + "-wal")[.size] as? Int
        #expect((size ?? 0) < 700_000)
    }

    @Test("a transaction that fails leaves nothing of itself")
    func atomic() throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "op1")
        #expect(throws: JournalError.self) { try fixture.begin(journal, "op1") }
        #expect(try journal.events(of: "op1").count == 1)
        try journal.record([fixture.event(.doing, "x")], of: "op1", durable: true)
        #expect(try journal.events(of: "op1").count == 2)
    }
}
