/// Which finished operations are kept beyond the retention period: those whose plan later calls read, of each of some
/// methods the latest one about the same VMs and disks, as long as these exist; and those that made something which no
/// director is known to have got.
public struct Retention: Sendable {
    /// Methods whose latest success is kept, each for itself and for each set of VMs and disks.
    public var latest: [String]
    /// Methods that delete their subject. An operation is needed no more when one of its VMs, or all of
    /// its disks, were deleted after it. Of a deletion that was itself pruned nothing is known any more:
    /// what is about several disks may then stay until its VM is deleted, and what a clock that was ahead has dated.
    public var deleting: [String]
    /// By method, what it makes: what was made, and whose answer perhaps nobody has read, is told of until it is
    /// deleted.
    public var making: [String: Subject.Kind]

    /// Kinds that `orphans` lists while the answer of the call that made them may be lost: that call's operation is kept
    /// until they are deleted. Not stemcells and networks: each has so many operations that the check would be slow.
    public static let orphanKinds: Set<Subject.Kind> = [.vm, .disk, .snapshot]
    /// The kinds of which the latest operation of each method in `latest` is kept.
    static let kindsWithLatest: Set<Subject.Kind> = [.vm, .disk]

    /// As SQL has them in `IN (…)`.
    static func list(_ kinds: Set<Subject.Kind>) -> String {
        kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
    }

    public init(
        latest: [String], deleting: [String], making: [String: Subject.Kind] = [:]
    ) {
        self.latest = latest
        self.deleting = deleting
        self.making = making
    }
}

extension Journal {
    /// Removes at most `limit` operations that ended before `time` (Unix milliseconds), with their
    /// events, those that began first. Unfinished ones stay for ever, and so does what
    /// `retention` says is needed. What it costs does not depend on how much is kept.
    @discardableResult
    public func prune(before time: Int64, limit: Int, keeping retention: Retention) throws -> Int {
        try pruneSome(before: time, limit: limit, keeping: retention).removed
    }

    /// The same; `seen` is how many were looked at, and is 0 at the end alone.
    public func pruneSome(before time: Int64, limit: Int, keeping retention: Retention) throws
        -> (seen: Int, removed: Int)
    {
        guard try !candidates(before: time, limit: 1).isEmpty else { return (0, 0) }
        return try write(durable: false) {
            var removed = 0
            var seen = 0
            while removed < limit, seen < 10 * limit {
                let ids = try candidates(before: time, limit: limit - removed)
                guard !ids.isEmpty else { break }
                seen += ids.count
                for id in ids where try !keep(id, retention) {
                    for sql in Journal.deletions { try database.run(sql, [.text(id)]) }
                    removed += 1
                }
            }
            return (seen, removed)
        }
    }

    /// How many `prune` would remove if it went on to the end. Changes nothing.
    public func prunable(before time: Int64, keeping retention: Retention) throws -> Int {
        try candidates(before: time, limit: Int(Int32.max)).count { try !isNeeded($0, retention) }
    }

    static let candidates = """
        SELECT id FROM operations
        WHERE started < ?1 AND kept = 0 AND state NOT IN ('running', 'parked')
            AND coalesce(finished, started) < ?1
        ORDER BY started, id LIMIT ?2
        """

    private func candidates(before time: Int64, limit: Int) throws -> [String] {
        var ids: [String] = []
        try database.run(Journal.candidates, [.integer(time), .integer(Int64(limit))]) {
            ids.append($0.text(0) ?? "")
        }
        return ids
    }

    /// Sets the operation apart if it is needed; returns whether it is.
    private func keep(_ id: String, _ retention: Retention) throws -> Bool {
        let isNeeded = try isNeeded(id, retention)
        if isNeeded {
            try database.run("UPDATE operations SET kept = 1 WHERE id = ?1", [.text(id)])
        }
        return isNeeded
    }

    private func isNeeded(_ id: String, _ retention: Retention) throws -> Bool {
        var isNeeded = false
        let deleting = Value.text(Journal.list(retention.deleting))
        try database.run(
            Journal.needed, [.text(id), .text(Journal.list(retention.latest)), deleting]
        ) { _ in isNeeded = true }
        for (method, kind) in retention.making where !isNeeded {
            try database.run(
                Journal.unanswered, [.text(id), .text(method), deleting, .text(kind.rawValue)]
            ) { _ in isNeeded = true }
        }
        return isNeeded
    }

    private static let kindsWithLatest = Retention.list(Retention.kindsWithLatest)

    private static let deletions = [
        "DELETE FROM events WHERE operation = ?1",
        "DELETE FROM subjects WHERE operation = ?1",
        "DELETE FROM operations WHERE id = ?1",
    ]

    /// A row if operation ?1 is needed: of the methods ?2, while those of ?3 have ended nothing of it.
    static let needed = """
        SELECT 1 FROM operations AS o
        WHERE o.id = ?1 AND o.state = 'done' AND o.method IN (SELECT value FROM json_each(?2))
            AND EXISTS (SELECT 1 FROM subjects WHERE operation = o.id AND kind IN (\(kindsWithLatest)))
            AND NOT EXISTS (SELECT 1 FROM subjects AS s
                WHERE s.operation = o.id AND s.kind = 'vm' AND \(isEnded))
            AND (NOT EXISTS (SELECT 1 FROM subjects WHERE operation = o.id AND kind = 'disk')
                OR EXISTS (SELECT 1 FROM subjects AS s
                    WHERE s.operation = o.id AND s.kind = 'disk' AND NOT \(isEnded)))
            AND NOT EXISTS (SELECT 1 FROM subjects AS s
                JOIN subjects AS t ON t.cid = s.cid AND t.kind = s.kind
                JOIN operations AS n ON n.id = t.operation
                WHERE s.operation = o.id AND s.kind IN (\(kindsWithLatest))
                    AND n.method = o.method AND n.state = 'done'
                    AND \(Journal.outcomeSequence("n.id")) > \(Journal.outcomeSequence("o.id")) AND \(isAboutTheSame))
        """

    /// A row if operation ?1, of method ?2, has made a subject of kind ?4 that those of ?3 have not ended, nothing
    /// says that its answer was read, and no later operation is about it.
    static let unanswered = """
        SELECT 1 FROM operations AS o JOIN subjects AS s ON s.operation = o.id
        WHERE o.id = ?1 AND o.method = ?2 AND o.state = 'done' AND o.replied IS NOT 'delivered'
            AND s.kind = ?4 AND NOT \(isEnded)
            AND NOT EXISTS (SELECT 1 FROM subjects AS t JOIN operations AS n ON n.id = t.operation
                WHERE t.cid = s.cid AND t.kind = s.kind AND \(Journal.firstSequence("n.id")) > \(Journal.firstSequence("o.id")))
        """

    /// Whether something has ended subject s since operation o.
    private static let isEnded = """
        EXISTS (SELECT 1 FROM subjects AS t JOIN operations AS d ON d.id = t.operation
            WHERE t.cid = s.cid AND t.kind = s.kind AND d.state = 'done'
                AND d.method IN (SELECT value FROM json_each(?3))
                AND \(Journal.outcomeSequence("d.id")) > \(Journal.outcomeSequence("o.id")))
        """

    /// Whether operations n and o have the same VMs and disks.
    private static let isAboutTheSame = """
        (SELECT count(*) FROM subjects WHERE operation = n.id AND kind IN (\(kindsWithLatest)))
            = (SELECT count(*) FROM subjects WHERE operation = o.id AND kind IN (\(kindsWithLatest)))
        AND NOT EXISTS (SELECT 1 FROM subjects AS mine
            WHERE mine.operation = o.id AND mine.kind IN (\(kindsWithLatest))
                AND NOT EXISTS (SELECT 1 FROM subjects AS its WHERE its.cid = mine.cid
                    AND its.kind = mine.kind AND its.operation = n.id))
        """
}
