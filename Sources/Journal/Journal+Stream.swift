/// All events in a row: for export, import and watching.
extension Journal {
    /// Calls `body` with each event after `sequence`, the oldest first. `since`: only events of
    /// operations that began at that time (Unix milliseconds) or later.
    public func forEachEvent(
        after sequence: Int64 = 0, since: Int64? = nil, _ body: (Event) throws -> Void
    ) throws {
        let began = since.map { _ in
            "AND operation IN (SELECT id FROM operations WHERE started >= ?2)"
        }
        let sql = """
            SELECT \(Event.columns) FROM events
            WHERE sequence > ?1 \(began ?? "") ORDER BY sequence
            """
        try database.run(sql, [.integer(sequence)] + (since.map { [.integer($0)] } ?? [])) { row in
            if let event = Event(row) { try body(event) }
        }
    }

    /// Adds events as they were elsewhere, with their numbers, in one transaction: all or none. Throws
    /// `JournalError.notEmpty` for a journal that has events already.
    public func importEvents(_ next: () throws -> Event?) throws {
        try write(durable: true) {
            guard try lastSequence() == 0 else { throw JournalError.notEmpty(path) }
            while let event = try next() {
                try insert(event, of: event.operation, sequence: event.sequence)
            }
        }
    }

    /// The newest event's number; 0 in an empty journal.
    public func lastSequence() throws -> Int64 {
        var last: Int64 = 0
        try database.run("SELECT max(sequence) FROM events") { last = $0.integer(0) ?? 0 }
        return last
    }
}
