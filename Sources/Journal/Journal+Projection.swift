/// How events become the `operations` row and the `subjects`: one statement or two per kind.
extension Journal {
    /// Makes both tables anew from the events, in one transaction.
    public func rebuild() throws {
        try write(durable: true) {
            try database.run("DELETE FROM subjects")
            try database.run("DELETE FROM operations")
            var events: [(Event.Kind, Int64)] = []
            try database.run("SELECT kind, sequence FROM events ORDER BY sequence") {
                if let kind = Event.Kind(rawValue: $0.text(0) ?? "") {
                    events.append((kind, $0.integer(1) ?? 0))
                }
            }
            for (kind, sequence) in events { try project(kind, sequence: sequence) }
        }
    }

    /// Applies the event at `sequence` to the projection.
    func project(_ kind: Event.Kind, sequence: Int64) throws {
        for sql in Journal.projections(of: kind) {
            try database.run(sql, [.integer(sequence)])
        }
    }

    private static func projections(of kind: Event.Kind) -> [String] {
        switch kind {
        case .intent:
            [
                """
                INSERT INTO operations (id, method, state, direction, mutating, plan, attempts, started,
                    director, request, owner)
                SELECT operation, data->>'$.method', 'running', 'forward', data->>'$.mutating',
                    json_extract(data, '$.plan'), 0, at, data->>'$.director', data->>'$.request',
                    json_extract(data, '$.owner')
                FROM events WHERE sequence = ?1
                """,
                """
                INSERT OR IGNORE INTO subjects (kind, cid, operation)
                SELECT subject.value->>'$[0]', subject.value->>'$[1]', operation
                FROM events, json_each(events.data, '$.subjects') AS subject WHERE sequence = ?1
                """,
            ]
        case .doing, .failed: [update("step = e.step")]
        case .undoing: [update("step = e.step, direction = 'backward'")]
        case .attempt:
            [
                update(
                    """
                    attempts = attempts + 1, state = 'running', error = NULL, finished = NULL,
                    duration = NULL
                    """)
            ]
        case .outcome:
            [
                // Between a call and its recovery the machine may have been rebooted, and with it the
                // monotonic clock.
                update(
                    """
                    state = e.data->>'$.state', error = e.data->>'$.error', finished = e.at,
                    duration = max(0, iif(attempts = 0, e.monotonic - (SELECT min(f.monotonic)
                        FROM events AS f WHERE f.operation = e.operation), 1000 * (e.at - started)))
                    """),
                // Operations that retention kept for the same VM or disk are checked again at the next prune.
                """
                UPDATE operations SET kept = 0 WHERE kept = 1 AND id IN (
                    SELECT t.operation FROM events AS e
                    JOIN operations AS o ON o.id = e.operation
                    JOIN subjects AS s ON s.operation = o.id
                    JOIN subjects AS t ON t.cid = s.cid AND t.kind = s.kind
                    WHERE e.sequence = ?1 AND o.mutating AND o.state = 'done'
                        AND s.kind IN (\(Retention.list(Retention.orphanKinds))))
                """,
            ]
        case .replied: [update("replied = iif(e.data->>'$.delivered', 'delivered', 'lost')")]
        default: []
        }
    }

    private static func update(_ assignments: String) -> String {
        """
        UPDATE operations SET \(assignments) FROM events AS e
        WHERE e.sequence = ?1 AND operations.id = e.operation
        """
    }
}
