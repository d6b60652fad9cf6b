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
            SELECT sequence, kind, step, at, monotonic, data, operation FROM events
            WHERE sequence > ?1 \(began ?? "") ORDER BY sequence
            """
        try database.run(sql, [.integer(sequence)] + (since.map { [.integer($0)] } ?? [])) { row in
            // A kind that a newer version has added is nothing that this one could show.
            guard let kind = Event.Kind(rawValue: row.text(1) ?? "") else { return }
            try body(
                Event(
                    kind: kind, step: row.text(2), at: row.time(3) ?? 0,
                    monotonic: row.integer(4) ?? 0, data: row.text(5),
                    operation: row.text(6) ?? "", sequence: row.integer(0) ?? 0))
        }
    }

    /// Adds events as they were elsewhere, with their numbers, in one transaction: all or none. Throws
    /// `JournalError.notEmpty` for a journal that has events already.
    public func importEvents(_ next: () throws -> Event?) throws {
        try write(durable: true) {
            guard try lastSequence() == 0 else { throw JournalError.notEmpty(path) }
            let sql = """
                INSERT INTO events (sequence, operation, kind, step, at, monotonic, data)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                """
            while let event = try next() {
                try database.run(
                    sql,
                    [
                        .integer(event.sequence), .text(event.operation),
                        .text(event.kind.rawValue), Value(event.step), .integer(event.at),
                        .integer(event.monotonic), Value(event.data),
                    ])
                try project(event.kind, sequence: event.sequence)
            }
        }
    }
}
