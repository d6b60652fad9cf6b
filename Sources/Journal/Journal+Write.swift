/// Writing: events go in, the projection follows in the same transaction.
extension Journal {
    /// Commits the intent of an operation, and with it, after it, events that happened before it was known.
    ///
    /// When this returns the operation survives a kill and, if `durable`, a power loss.
    public func begin(_ intent: Intent, with events: [Event] = [], event: Event, durable: Bool)
        throws
    {
        try write(durable: durable) {
            try insertIntent(intent, event)
            for event in events { try insert(event, of: intent.id) }
        }
    }

    /// Commits events of an operation, in their order.
    public func record(_ events: [Event], of operation: String, durable: Bool) throws {
        try write(durable: durable) {
            for event in events { try insert(event, of: operation) }
        }
    }

    private func insertIntent(_ intent: Intent, _ event: Event) throws {
        let subjects = intent.subjects.map { "[\"\($0.kind.rawValue)\",\(Journal.quoted($0.cid))]" }
        let sql = """
            INSERT INTO events (operation, kind, at, monotonic, data)
            VALUES (?1, 'intent', ?2, ?3, json_object('method', ?4, 'mutating', ?5,
                'plan', json(?6), 'director', ?7, 'request', ?8, 'owner', json(?9),
                'subjects', json(?10)))
            """
        try database.run(
            sql,
            [
                .text(intent.id), .integer(event.at), .integer(event.monotonic),
                .text(intent.method), .integer(intent.mutating ? 1 : 0), Value(intent.plan),
                Value(intent.director), Value(intent.request), Value(intent.owner),
                .text("[\(subjects.joined(separator: ","))]"),
            ])
        try project(.intent, sequence: database.lastInsertedRow)
    }

    /// `sequence`: its number elsewhere; nil for the next one.
    func insert(_ event: Event, of operation: String, sequence: Int64? = nil) throws {
        let sql = "INSERT INTO events (\(Event.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        try database.run(
            sql,
            [
                Value(sequence), .text(operation), .text(event.kind.rawValue), Value(event.step),
                .integer(event.at), .integer(event.monotonic), Value(event.data),
            ])
        try project(event.kind, sequence: database.lastInsertedRow)
    }

    /// Names as a JSON text.
    static func list(_ names: [String]) -> String {
        "[" + names.map(quoted).joined(separator: ",") + "]"
    }

    /// A JSON string of a text that SQLite is to read as JSON.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
