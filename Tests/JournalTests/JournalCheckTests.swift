import Testing

@testable import Journal
@testable import Support

@Suite("What the journal says of its steps, of its own faults, and of SQLite's")
struct JournalCheckTests {
    let fixture: JournalFixture

    init() throws { fixture = try JournalFixture() }

    @Test(
        "an end without its beginning is found", arguments: [Event.Kind.done, .observed, .undone])
    func check(kind: Event.Kind) throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "op1")
        #expect(try journal.check() == [])
        try journal.record([fixture.event(kind, "never begun")], of: "op1", durable: false)
        #expect(try journal.check().count == 1)
    }

    @Test("what cannot be projected is found before it is tried")
    func verify() throws {
        let journal = try fixture.open()
        for id in ["op1", "op2"] { try fixture.begin(journal, id) }
        let scratch = try TemporaryDirectory()
        #expect(try journal.verify(scratch: scratch.path) == [])
        let sql = """
            INSERT INTO events (operation, kind, at, monotonic, data) VALUES (?1, ?2, 1, 1, ?3)
            """
        let intent = try #require(try journal.events(of: "op1").first?.data)
        try journal.database.run(sql, [.text("op1"), .text("intent"), .text(intent)])
        try journal.database.run(sql, [.text("op2"), .text("note"), .text("{")])
        let other = try TemporaryDirectory()
        let problems = try journal.verify(scratch: other.path)
        #expect(
            problems == [
                "operation op1 has more than one intent",
                "operation op2 has an event whose data are not JSON",
            ])
    }

    @Test("what was begun, and what began to go back, is told by step")
    func begunAndUndoing() throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "op1")
        #expect(
            try journal.begunSteps(of: "op1") == [] && journal.events(of: "op1", .undoing) == [])
        try journal.record(
            [
                fixture.event(.doing, "a"), fixture.event(.done, "a"), fixture.event(.doing, "b"),
                fixture.event(.failed, "b"), fixture.event(.warning), fixture.event(.undoing, "b"),
                fixture.event(.undone, "b"), fixture.event(.undoing, "a"),
                fixture.event(.undoing, "a"),
            ], of: "op1", durable: false)
        try fixture.begin(journal, "op2")
        try journal.record([fixture.event(.doing, "c")], of: "op2", durable: false)
        #expect(try journal.begunSteps(of: "op1") == ["a", "b"])
        let undoing = try journal.events(of: "op1", .undoing)
        #expect(undoing.map(\.step) == ["b", "a", "a"])
        #expect(undoing.map(\.at) == undoing.map(\.at).sorted() && undoing[0].at > 0)
        #expect(
            try journal.begunSteps(of: "op2") == ["c"] && journal.events(of: "op2", .undoing) == [])
        #expect(try journal.check() == [], "a doing without its end is no violation")
    }

    @Test("an error text is one line, without SQL and values")
    func errors() throws {
        let journal = try fixture.open()
        #expect {
            try journal.database.run(
                "SELECT x\nFROM nowhere WHERE x = ?1", [.text("secret")])
        } throws: { error in
            guard case JournalError.sqlite(_, _, let sql?) = error else { return false }
            return sql.contains("FROM nowhere") && "\(error)".contains("no such table: nowhere")
                && !"\(error)".contains("FROM") && !"\(error)".contains("secret")
        }
    }
}
