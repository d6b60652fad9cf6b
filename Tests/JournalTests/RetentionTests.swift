import Testing

@testable import Journal
@testable import Support

@Suite("Retention keeps what a living VM or disk still needs, and nothing else")
struct RetentionTests {
    let fixture: JournalFixture
    let journal: Journal
    static let retention = Retention(
        latest: ["create", "attach", "tag"], deleting: ["delete_vm", "delete_disk"])

    init() throws {
        fixture = try JournalFixture()
        journal = try fixture.open()
    }

    private func add(
        _ id: String, _ method: String, _ cids: String..., state: String = "done",
        mutating: Bool = true
    ) throws {
        let subjects = cids.map { cid in
            Subject(cid.hasPrefix("vm") ? .vm : cid.hasPrefix("d") ? .disk : .agent, cid)
        }
        var intent = fixture.intent(id, method, subjects)
        intent.mutating = mutating
        try journal.begin(intent, event: fixture.event(.intent), durable: false)
        let outcome = fixture.event(.outcome, nil, #"{"state":"\#(state)"}"#)
        try journal.record([outcome], of: id, durable: false)
    }

    /// Prunes all that may go, and says what is left.
    private func left(limit: Int = 100) throws -> [String] {
        while try prune(limit) > 0 {}
        return try journal.operations(OperationFilter(limit: 1_000)).map(\.id).sorted()
    }

    @discardableResult
    private func prune(_ limit: Int) throws -> Int {
        try journal.prune(
            before: fixture.time.clock.wall(), limit: limit, keeping: Self.retention)
    }

    @Test("the latest success of a method about the same VMs and disks, other subjects not counted")
    func latest() throws {
        try add("1", "tag", "vm-1")
        try add("2", "tag", "vm-1", "agent")
        try add("3", "tag", "vm-1", state: "failed")
        try add("4", "attach", "vm-1", "d1")
        try add("5", "attach", "d1", "vm-1")
        try add("6", "attach", "vm-1", "d2")
        try add("7", "reboot", "vm-1")
        try add("8", "tag", "agent")
        #expect(try left() == ["2", "5", "6"])
    }

    @Test("the latest is what ended last, also by a clock that is set back in between")
    func clockSetBack() throws {
        fixture.time.sleep(10_800)
        try add("3", "tag", "vm-1")
        fixture.time.sleep(-10_700)
        try add("1", "tag", "vm-1")
        fixture.time.sleep(86_400)
        #expect(try left() == ["1"])
    }

    @Test("until the VM is deleted: then all that was about it goes")
    func deletedVM() throws {
        try add("1", "create", "vm-1", "d1")
        try add("2", "attach", "vm-1", "d1")
        try add("3", "tag", "vm-1")
        try add("4", "tag", "vm-2")
        #expect(try left() == ["1", "2", "3", "4"])
        try add("5", "delete_vm", "vm-1", state: "failed")
        #expect(try left() == ["1", "2", "3", "4"])
        try add("6", "delete_vm", "vm-1")
        #expect(try left() == ["4"])
    }

    @Test("a disk's deletion ends what was about that disk, not what a VM has besides")
    func deletedDisk() throws {
        try add("1", "create", "vm-1", "d1", "d2")
        try add("2", "attach", "vm-1", "d1")
        try add("3", "tag", "d1")
        try add("4", "tag", "vm-1")
        try add("5", "delete_disk", "d1")
        try prune(2)
        #expect(
            try journal.operations(OperationFilter(limit: 9)).map(\.id).sorted() == ["1", "4", "5"])
        try add("6", "delete_disk", "d2")
        #expect(try left() == ["4"])
    }

    @Test("a deletion from before does not end what came after it")
    func earlierDeletion() throws {
        try add("1", "delete_vm", "vm-1")
        try add("2", "tag", "vm-1")
        try add("3", "delete_disk", "d1")
        try add("4", "attach", "vm-1", "d1")
        #expect(try left() == ["2", "4"])
    }

    @Test("what was kept is looked at again once it is said anew, and not for reading's sake")
    func saidAnew() throws {
        try add("1", "tag", "vm-1")
        #expect(try left() == ["1"])
        try add("2", "has_vm", "vm-1", mutating: false)
        #expect(try kept() == ["1"])
        try add("3", "tag", "vm-1", state: "failed")
        #expect(try kept() == ["1"])
        try add("4", "tag", "vm-1")
        #expect(try kept() == [])
        #expect(try left() == ["4"])
        try journal.rebuild()
        #expect(try left() == ["4"])
    }

    private func kept() throws -> [String] {
        var ids: [String] = []
        try journal.database.run("SELECT id FROM operations WHERE kept = 1") {
            ids.append($0.text(0) ?? "")
        }
        return ids
    }

    @Test("what is kept, however much, keeps nothing younger from going")
    func starvation() throws {
        for number in 100..<400 { try add("\(number)", "tag", "vm-\(number)") }
        for number in 400..<420 { try add("\(number)", "reboot", "vm-1") }
        var calls = 0
        while try journal.operations(OperationFilter(limit: 1_000)).count > 300 {
            try prune(5)
            calls += 1
            try #require(calls < 20)
        }
        #expect(try left().allSatisfy { $0 < "400" })
    }

    @Test("a call removes no more than it was asked to")
    func limit() throws {
        for number in 10..<30 { try add("\(number)", "reboot", "vm-1") }
        #expect(try prune(7) == 7)
        #expect(try journal.operations(OperationFilter(limit: 100)).map(\.id).min() == "17")
        #expect(try prune(100) == 13)
        #expect(try prune(100) == 0)
    }

    @Test("with 100,000 operations kept, pruning reads through an index and goes over none of them")
    func plan() throws {
        try journal.database.execute(
            script: """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                INSERT INTO operations (id, method, state, direction, mutating, attempts, started, kept)
                SELECT printf('0%09d', i), 'tag', 'done', 'forward', 1, 0, i, 1 FROM n;
                INSERT INTO subjects SELECT 'vm', 'vm-' || id, id FROM operations;
                """)
        try add("zz", "reboot", "vm-1")
        let plan = try explain(Journal.candidates, [.integer(1), .integer(1)])
        #expect(plan.contains("operations_to_prune"), "\(plan)")
        #expect(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "\(plan)")
        let needed = try explain(Journal.needed, [.text("a"), .text("[]"), .text("[]")])
        #expect(
            !needed.contains("SCAN operations") && !needed.contains("SCAN subjects"), "\(needed)")
        for table in ["s", "t", "n", "d", "o", "mine", "its"] {
            #expect(!needed.contains("SCAN \(table)\n"), "\(needed)")
        }
        // Most operations are of one method, and done: what is about one CID is found by that alone.
        let done = try explain(
            "SELECT id FROM operations " + Journal.doneAbout, [.text("a"), .text("tag")])
        #expect(!done.contains("operations_by") && !done.contains("SCAN operations"), "\(done)")
        #expect(try prune(20) == 1)
        #expect(try journal.operations(OperationFilter(limit: 200_000)).count == 100_000)
    }

    private func explain(_ sql: String, _ values: [Value]) throws -> String {
        var lines = ""
        try journal.database.run("EXPLAIN QUERY PLAN " + sql, values) { row in
            lines += (row.text(3) ?? "") + "\n"
        }
        return lines
    }

    @Test("pruning goes on past what is kept, and counts from the end of an operation")
    func pruneOn() throws {
        let journal = try fixture.open()
        let retention = Retention(latest: ["attach_disk"], deleting: [])
        func end(_ id: String) throws {
            try journal.record(
                [fixture.event(.outcome, nil, #"{"state":"done"}"#)], of: id, durable: false)
        }
        for number in 10..<35 {
            try fixture.begin(journal, "op\(number)", [Subject(.vm, "vm-\(number)")])
            try end("op\(number)")
        }
        for number in 35..<37 {
            try fixture.begin(journal, "op\(number)")
            if number == 35 { try end("op\(number)") }
        }
        let later = fixture.time.clock.wall() + 1_000
        fixture.time.sleep(10)
        try end("op36")
        let first = try journal.pruneSome(before: later, limit: 2, keeping: retention)
        #expect(first == (20, 0))
        let second = try journal.pruneSome(before: later, limit: 2, keeping: retention)
        #expect(second == (6, 1))
        #expect(try journal.find("op35") == nil && journal.find("op36") != nil)
        #expect(try journal.pruneSome(before: later, limit: 2, keeping: retention) == (0, 0))
    }
}
