/// How often a method or step ran, and how long it took.
public struct Statistics: Sendable {
    public let name: String
    public var failures = 0
    public var count = 0
    /// Microseconds, sorted; of those that ended.
    public fileprivate(set) var durations: [Int64] = []
    public var slowest: String?

    /// The duration that `percent` of all are no longer than; nil when none has ended.
    public func percentile(_ percent: Int) -> Int64? {
        guard !durations.isEmpty else { return nil }
        let rank = (durations.count * percent + 99) / 100
        return durations[max(0, min(durations.count, rank) - 1)]
    }

    /// All durations together, in microseconds.
    public var total: Int64 { durations.reduce(0, +) }
}

extension Journal {
    /// By method, of operations that began at `since` (Unix milliseconds) or later. From an index alone.
    public func methodStatistics(since: Int64 = 0) throws -> [Statistics] {
        let sql = """
            SELECT method, state, duration, id FROM operations INDEXED BY operations_by_method
            WHERE started >= ?1
            """
        let plain = sql.replacing("INDEXED BY operations_by_method", with: "")
        return try collect(try hasListIndexes() ? sql : plain, since) { state in
            ["failed", "rolled-back", "parked"].contains(state)
        }
    }

    /// By the kind of step, which is its name less what it is about: "create container". Reads all
    /// events since that time.
    public func stepStatistics(since: Int64 = 0) throws -> [Statistics] {
        let sql = """
            SELECT step, kind, monotonic - lag(monotonic) OVER
                (PARTITION BY operation, step ORDER BY sequence), operation
            FROM events WHERE at >= ?1 AND kind IN ('doing', 'done', 'failed', 'observed')
            """
        return try collect("SELECT * FROM (\(sql)) WHERE kind <> 'doing'", since) { $0 == "failed" }
    }

    private func collect(_ sql: String, _ since: Int64, isFailure: (String) -> Bool) throws
        -> [Statistics]
    {
        var all: [String: Statistics] = [:]
        var longest: [String: Int64] = [:]
        try database.run(sql, [.integer(since)]) { row in
            let name = Journal.kind(of: row.text(0) ?? "")
            var one = all.removeValue(forKey: name) ?? Statistics(name: name)
            one.count += 1
            if isFailure(row.text(1) ?? "") { one.failures += 1 }
            if let duration = row.integer(2), duration >= 0 {
                one.durations.append(duration)
                if duration >= longest[name] ?? 0 {
                    longest[name] = duration
                    one.slowest = row.text(3)
                }
            }
            all[name] = one
        }
        return all.values.sorted { $0.name < $1.name }.map { one in
            var sorted = one
            sorted.durations.sort()
            return sorted
        }
    }

    /// A step's name without names: words up to the first that has a digit, a colon or a dot in it.
    private static func kind(of step: String) -> String {
        let words = step.split(separator: " ")
        guard words.count > 1 else { return step }
        let plain = words.prefix { word in
            word.utf8.allSatisfy { (97...122).contains($0) || $0 == 45 || $0 == 95 }
        }
        return plain.isEmpty ? step : plain.joined(separator: " ")
    }

    /// A journal that no newer version has written to has not got them.
    private func hasListIndexes() throws -> Bool {
        var isThere = false
        try database.run("SELECT 1 FROM sqlite_master WHERE name = 'operations_by_method'") { _ in
            isThere = true
        }
        return isThere
    }
}
