/// How often a method or step ran, and how long it took.
public struct Statistics: Sendable {
    public let name: String
    public var failures = 0
    public var count = 0
    /// Microseconds, sorted; of those that ended.
    public fileprivate(set) var durations: [Int64] = []
    /// The id of the operation that took longest.
    public var slowest: String?

    /// The duration that `percent` of all are no longer than; nil when none has ended.
    public func percentile(_ percent: Int) -> Int64? {
        guard !durations.isEmpty else { return nil }
        let rank = (durations.count * percent + 99) / 100
        return durations[max(0, min(durations.count, rank) - 1)]
    }

    /// All durations together, in microseconds.
    public var total: Int64 {
        durations.reduce(0) { sum, one in sum > .max - one ? .max : sum + one }
    }
}

/// Counts, by name.
private struct Tally {
    private var numbers: [String: Int] = [:]
    private var all: [Statistics] = []
    private var longest: [Int64] = []

    mutating func add(_ name: String, isFailure: Bool, duration: Int64?, _ operation: String?) {
        let number = numbers[name] ?? all.count
        if number == all.count {
            numbers[name] = number
            all.append(Statistics(name: name))
            longest.append(0)
        }
        all[number].count += 1
        if isFailure { all[number].failures += 1 }
        guard let duration, duration >= 0 else { return }
        all[number].durations.append(duration)
        if duration >= longest[number] {
            longest[number] = duration
            all[number].slowest = operation
        }
    }

    var sorted: [Statistics] {
        all.sorted { $0.name < $1.name }.map { one in
            var sorted = one
            sorted.durations.sort()
            return sorted
        }
    }
}

extension Journal {
    /// How many events and operations there are.
    public func counts() throws -> (events: Int, operations: Int) {
        var counts = (events: 0, operations: 0)
        try database.run(
            "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM operations)"
        ) { counts = (Int($0.integer(0) ?? 0), Int($0.integer(1) ?? 0)) }
        return counts
    }

    /// By method, of operations that began at `since` (Unix milliseconds) or later. From an index alone.
    public func methodStatistics(since: Int64 = .min) throws -> [Statistics] {
        let sql = """
            SELECT method, state, duration, id FROM operations INDEXED BY operations_by_method
            WHERE started >= ?1
            """
        let plain = sql.replacing("INDEXED BY operations_by_method", with: "")
        return try collect(try hasListIndexes() ? sql : plain, since) { state in
            Operation.State(rawValue: state)?.isFailure ?? false
        }
    }

    /// By the kind of step, which is its name less what it is about: "create container". Reads all
    /// events since that time, in their order: a sort or an index of a million takes longer.
    public func stepStatistics(since: Int64 = .min) throws -> [Statistics] {
        let sql = """
            SELECT operation, step, kind = 'doing', kind = 'failed', monotonic FROM events
            WHERE at >= ?1 AND kind IN ('doing', 'done', 'failed', 'observed') ORDER BY sequence
            """
        var tally = Tally()
        // Of each operation the steps that were begun and have not ended yet: most often one.
        var begun: [String: [(step: String, at: Int64)]] = [:]
        try database.run(sql, [.integer(since)]) { row in
            let (operation, step) = (row.text(0) ?? "", row.text(1) ?? "")
            let time = row.integer(4) ?? 0
            guard row.integer(2) == 0 else {
                begun[operation, default: []].append((step, time))
                return
            }
            var duration: Int64?
            if let index = begun[operation]?.lastIndex(where: { $0.step == step }) {
                duration = begun[operation]?.remove(at: index).at
                if begun[operation]?.isEmpty == true { begun[operation] = nil }
            }
            tally.add(
                Journal.kind(of: step), isFailure: row.integer(3) == 1,
                duration: duration.map { time - $0 }, operation)
        }
        return tally.sorted
    }

    private func collect(_ sql: String, _ since: Int64, isFailure: (String) -> Bool) throws
        -> [Statistics]
    {
        var tally = Tally()
        try database.run(sql, [.integer(since)]) { row in
            tally.add(
                row.text(0) ?? "", isFailure: isFailure(row.text(1) ?? ""),
                duration: row.integer(2), row.text(3))
        }
        return tally.sorted
    }

    /// A step's name without names: words up to the first that has a digit, a colon or a dot in it.
    public static func kind(of step: String) -> String {
        var end = step.startIndex
        for index in step.utf8.indices {
            let byte = step.utf8[index]
            if byte == 32 { end = index }
            guard (97...122).contains(byte) || [32, 45, 95].contains(byte) else {
                return end == step.startIndex ? step : String(step[..<end])
            }
        }
        return step
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
