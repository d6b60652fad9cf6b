/// Reading: lists, one operation, what touched a subject.
extension Journal {
    /// Operations without an outcome, and parked ones, oldest first.
    public func open() throws -> [Operation] {
        try select("WHERE state IN ('running', 'parked') ORDER BY started, id", [])
    }

    /// The operation whose id is or begins with `prefix`; `last` is the one that was begun last, and
    /// `last:METHOD` the last one of a method.
    public func operation(_ prefix: String) throws -> Operation {
        if prefix == "last" || prefix.hasPrefix("last:") {
            let method = prefix.split(separator: ":").dropFirst().first.map(String.init)
            guard let last = try last(method) else { throw JournalError.noOperation(prefix) }
            return last
        }
        let found = try select(
            "WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 6", [.text(prefix)])
        guard let first = found.first else { throw JournalError.noOperation(prefix) }
        guard found.count == 1 || first.id == prefix else {
            throw JournalError.ambiguous(prefix: prefix, ids: found.map(\.id))
        }
        return first
    }

    /// By the order of events: the times in them are those of a clock that may have been set back.
    private func last(_ method: String?) throws -> Operation? {
        try select(
            """
            WHERE id = (SELECT operation FROM events AS e WHERE kind = 'intent'
                AND (?1 IS NULL OR (SELECT method FROM operations WHERE id = e.operation) = ?1)
                ORDER BY sequence DESC LIMIT 1)
            """, [method.map { .text($0) } ?? .null]
        ).first
    }

    /// The operation of exactly that id; nil when there is none.
    public func find(_ id: String) throws -> Operation? {
        try select("WHERE id = ?1", [.text(id)]).first
    }

    /// All events of an operation, oldest first.
    public func events(of operation: String) throws -> [Event] {
        try events("WHERE operation = ?1", operation)
    }

    /// Names of the steps whose effect was begun: what has no `doing` event never reached Docker.
    public func begunSteps(of operation: String) throws -> Set<String> {
        Set(try events(of: operation, .doing).compactMap(\.step))
    }

    /// The operation's events of one kind, oldest first.
    public func events(of operation: String, _ kind: Event.Kind) throws -> [Event] {
        try events("WHERE operation = ?1 AND kind = '\(kind.rawValue)'", operation)
    }

    private func events(_ filter: String, _ operation: String) throws -> [Event] {
        let sql = """
            SELECT \(Event.columns) FROM events
            \(filter) ORDER BY sequence
            """
        var events: [Event] = []
        try database.run(sql, [.text(operation)]) { row in
            if let event = Event(row) { events.append(event) }
        }
        return events
    }

    /// What an operation is about.
    public func subjects(of operation: String) throws -> [Subject] {
        var subjects: [Subject] = []
        let sql = "SELECT kind, cid FROM subjects WHERE operation = ?1 ORDER BY kind, cid"
        try database.run(sql, [.text(operation)]) { row in
            guard let kind = Subject.Kind(rawValue: row.text(0) ?? "") else { return }
            subjects.append(Subject(kind, row.text(1) ?? ""))
        }
        return subjects
    }

    /// The operation about a VM, disk or network that was begun last; nil when there is none.
    public func last(about subject: Subject) throws -> Operation? {
        try select(
            """
            WHERE id IN (SELECT operation FROM subjects WHERE kind = ?1 AND cid = ?2)
            ORDER BY \(Journal.firstSequence("id")) DESC LIMIT 1
            """, [.text(subject.kind.rawValue), .text(subject.cid)]
        ).first
    }

    /// Mutating operations about `cid` that ended as done, the one that ended last first.
    public func done(method: String, subject cid: String) throws -> [Operation] {
        try select(Journal.doneAbout, [.text(cid), .text(method)])
    }

    /// The unary + keeps SQLite from its indexes on method and state: the operations about one CID are few, and
    /// are filtered faster than looked up by those.
    static let doneAbout = """
        WHERE id IN (SELECT operation FROM subjects WHERE cid = ?1) AND +method = ?2
        AND +state = 'done'
        ORDER BY \(outcomeSequence("id")) DESC
        """

    /// Where the first event of an operation stands among all, and where its outcome does: a clock that is set back
    /// does not turn this order round. `id` is SQL.
    static func firstSequence(_ id: String) -> String {
        "(SELECT min(sequence) FROM events WHERE operation = \(id))"
    }

    static func outcomeSequence(_ id: String) -> String {
        "(SELECT max(sequence) FROM events WHERE operation = \(id) AND kind = 'outcome')"
    }

    /// The operations with one of these methods on `cid`, in the order in which their ends were written; one
    /// that has none stands where its last event does.
    public func history(_ methods: [String], subject cid: String) throws -> [Operation] {
        try select(
            """
            WHERE id IN (SELECT operation FROM subjects WHERE cid = ?1)
            AND method IN (SELECT value FROM json_each(?2))
            ORDER BY coalesce(\(Journal.outcomeSequence("id")),
                (SELECT max(sequence) FROM events WHERE operation = id))
            """, [.text(cid), .text(Journal.list(methods))])
    }

    func select(_ filter: String, _ values: [Value]) throws -> [Operation] {
        let sql = """
            SELECT id, method, state, direction, step, mutating, plan, error, attempts, started,
                finished, duration, replied, director, request, owner
            FROM operations \(filter)
            """
        var operations: [Operation] = []
        try database.run(sql, values) { operations.append(Operation($0)) }
        return operations
    }
}

extension Operation {
    fileprivate init(_ row: Row) {
        self.init(
            id: row.text(0) ?? "", method: row.text(1) ?? "",
            state: State(rawValue: row.text(2) ?? "") ?? .parked,
            direction: Direction(rawValue: row.text(3) ?? "") ?? .forward,
            step: row.text(4), mutating: row.integer(5) == 1, plan: row.text(6),
            error: row.text(7), attempts: Int(row.integer(8) ?? 0), started: row.time(9) ?? 0,
            finished: row.time(10), duration: row.integer(11), replied: row.text(12),
            director: row.text(13), request: row.text(14), owner: row.text(15))
    }
}
