/// Whether the journal is what it should be, beyond the quick look of `check`.
extension Journal {
    /// Everything that is wrong; empty when nothing is. The events are projected anew in a copy, which
    /// is compared with the tables of this file: nothing here is changed. `scratch` is an empty
    /// directory for the copy, which takes as much room as the journal.
    public func verify(scratch: String) throws -> [String] {
        var problems = try check()
        try database.run("PRAGMA integrity_check") { row in
            if let text = row.text(0), text != "ok" { problems.append("the file: \(text)") }
        }
        // A damaged file may not let itself be copied.
        guard problems.isEmpty else { return problems }
        for (sql, words) in Journal.invariants {
            try database.run(sql) { problems.append("operation \($0.text(0) ?? "?") \(words)") }
        }
        // Nor can such events be projected.
        guard problems.isEmpty else { return problems }
        let copy = Journal.file(in: scratch)
        try database.run("VACUUM INTO ?1", [.text(copy)])
        let anew = try Journal(directory: scratch, busyTimeout: 1_000)
        // Of the copy as well: calls write to this file meanwhile.
        let before = try anew.rows()
        try anew.rebuild()
        return Journal.differences(before, try anew.rows())
    }

    /// Finds violations of what the journal promises; empty when all is well.
    ///
    /// Every done or observed step has its doing before it, every undone one its undoing, and the
    /// file is sound. A doing without an end is no violation: a process that was killed leaves it, and
    /// recovery that finds the effect in Docker goes on without a word about it.
    public func check() throws -> [String] {
        var problems: [String] = []
        try database.run(Journal.unmatched) { row in
            problems.append(
                "\(row.text(0) ?? "?"): \(row.text(1) ?? "?") of \(row.text(2) ?? "?") without its beginning"
            )
        }
        try database.run("PRAGMA quick_check") { row in
            if let text = row.text(0), text != "ok" { problems.append(text) }
        }
        return problems
    }

    private static let unmatched = """
        SELECT operation, kind, step FROM events AS e
        WHERE (kind IN ('done', 'observed') AND NOT EXISTS (SELECT 1 FROM events AS b
                WHERE b.operation = e.operation AND b.kind = 'doing' AND b.step = e.step
                AND b.sequence < e.sequence))
           OR (kind = 'undone' AND NOT EXISTS (SELECT 1 FROM events AS b
                WHERE b.operation = e.operation AND b.kind = 'undoing' AND b.step = e.step
                AND b.sequence < e.sequence))
        """

    private static let invariants = [
        (
            """
            SELECT DISTINCT operation FROM events AS e WHERE NOT EXISTS
                (SELECT 1 FROM events AS i WHERE i.operation = e.operation AND i.kind = 'intent')
            """, "has events and no intent"
        ),
        (
            "SELECT operation FROM events WHERE kind = 'intent' GROUP BY operation HAVING count(*) > 1",
            "has more than one intent"
        ),
        (
            """
            SELECT id FROM operations AS o WHERE state NOT IN ('running') AND NOT EXISTS
                (SELECT 1 FROM events AS e WHERE e.operation = o.id AND e.kind = 'outcome')
            """, "has a state and no outcome"
        ),
        (
            """
            SELECT operation FROM events AS e WHERE data IS NOT NULL AND NOT json_valid(data)
            GROUP BY operation
            """, "has an event whose data are not JSON"
        ),
    ]

    private static func differences(_ mine: [String: String], _ its: [String: String]) -> [String] {
        let missing = its.keys.filter { mine[$0] == nil }.sorted()
        let extra = mine.keys.filter { its[$0] == nil }.sorted()
        let other = mine.keys.filter { its[$0] != nil && its[$0] != mine[$0] }.sorted()
        return missing.map { "operation \($0) is missing in the lists" }
            + extra.map { "operation \($0) is in the lists and has no events" }
            + other.map { "operation \($0) is shown otherwise than its events say" }
    }

    /// Each operation and its subjects as one text.
    private func rows() throws -> [String: String] {
        var rows: [String: String] = [:]
        let sql = """
            SELECT o.id, json_array(method, state, direction, step, mutating, plan, error, attempts,
                started, finished, duration, replied, director, request, owner),
                (SELECT group_concat(kind || ' ' || cid) FROM
                    (SELECT kind, cid FROM subjects WHERE operation = o.id ORDER BY cid, kind))
            FROM operations AS o
            """
        try database.run(sql) { row in
            rows[row.text(0) ?? ""] = (row.text(1) ?? "") + (row.text(2) ?? "")
        }
        return rows
    }
}
