/// Which operations to read. What is empty or nil leaves nothing out.
public struct OperationFilter: Sendable {
    /// Operations about all of these.
    public var subjects: [Subject]
    /// A CID of any kind.
    public var about: String?
    public var methods: [String]
    public var states: [Operation.State]
    public var mutatingOnly: Bool
    /// Only operations whose answer met this fate.
    public var answer: Answer?
    /// The director's id of the call, such as "cpi-123456".
    public var request: String?
    public var director: String?
    /// Unix times in milliseconds; `since` counts, `until` does not.
    public var since: Int64?
    public var until: Int64?
    public var limit: Int

    /// Of a call's answer, where it was not delivered.
    public enum Answer: Sendable {
        /// Nobody has read it.
        case lost
        /// It may not have been written: the process ended before it said so.
        case unknown
    }

    public init(
        subjects: [Subject] = [], about: String? = nil, methods: [String] = [],
        states: [Operation.State] = [], mutatingOnly: Bool = false, request: String? = nil,
        director: String? = nil, since: Int64? = nil, until: Int64? = nil, limit: Int
    ) {
        self.subjects = subjects
        self.about = about
        self.methods = methods
        self.states = states
        self.mutatingOnly = mutatingOnly
        self.request = request
        self.director = director
        self.since = since
        self.until = until
        self.limit = limit
    }
}

extension Journal {
    /// Those that the filter lets through, the newest first. Reads no more than it returns where an
    /// index serves the filter, which is so for subjects, methods, requests and ends with an error.
    public func operations(_ filter: OperationFilter) throws -> [Operation] {
        var conditions: [String] = []
        var values: [Value] = []
        // A unary + before a column keeps SQLite from using an index for it: what is about one VM is few,
        // and by any other index than that of subjects SQLite would go over many.
        let plain = filter.subjects.isEmpty && filter.about == nil ? "" : "+"
        func add(_ condition: String, _ value: Value) {
            values.append(value)
            conditions.append(condition.replacing("?", with: "?\(values.count)"))
        }
        for subject in filter.subjects {
            add(
                """
                id IN (SELECT operation FROM subjects
                WHERE cid = ? AND kind = '\(subject.kind.rawValue)')
                """, .text(subject.cid))
        }
        if let cid = filter.about {
            add("id IN (SELECT operation FROM subjects WHERE cid = ?)", .text(cid))
        }
        conditions += Journal.choice(plain + "method", filter.methods, &values)
        if !filter.states.isEmpty {
            // Literals: SQLite takes a partial index for them.
            let states = filter.states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            conditions.append("\(plain)state IN (\(states))")
        }
        if filter.mutatingOnly { conditions.append("mutating") }
        switch filter.answer {
        case .lost: conditions.append("replied = 'lost'")
        case .unknown: conditions.append("replied IS NULL")
        case nil: break
        }
        if let request = filter.request { add("\(plain)request = ?", .text(request)) }
        if let director = filter.director { add("\(plain)director = ?", .text(director)) }
        if let since = filter.since { add("\(plain)started >= ?", .integer(since)) }
        if let until = filter.until { add("\(plain)started < ?", .integer(until)) }
        let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        values.append(.integer(Int64(filter.limit)))
        return try select(
            "\(clause) ORDER BY \(plain)started DESC, id DESC LIMIT ?\(values.count)", values)
    }

    private static func choice(_ column: String, _ texts: [String], _ values: inout [Value])
        -> [String]
    {
        guard !texts.isEmpty else { return [] }
        let marks = texts.map { text in
            values.append(.text(text))
            return "?\(values.count)"
        }
        return ["\(column) IN (\(marks.joined(separator: ", ")))"]
    }
}
