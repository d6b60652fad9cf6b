/// One thing that happened to an operation. Events are only ever added.
public struct Event: Sendable, Equatable {
    /// What happened. The words stand in journals, so none is ever renamed.
    public enum Kind: String, Sendable {
        case intent  // what is going to be done; the plan is in its data
        case doing, done  // around a step's effect
        case undoing, undone  // around taking it back
        case failed  // a step's effect did not take place, or was not to be seen
        case observed  // the effect's reply was lost; Docker shows that it took place
        case request  // one request to Docker and its status
        case warning  // something an operator should know that did not fail the operation
        case note  // what something took, or how it went
        case attempt  // a recovery begins
        case outcome  // done, failed, rolled-back or parked
        case replied  // the answer was written to stdout, or could not be
    }

    public var sequence: Int64
    public var operation: String
    public var kind: Kind
    public var step: String?
    /// Unix time in milliseconds.
    public var at: Int64
    /// Microseconds since boot.
    public var monotonic: Int64
    /// A JSON text, or nil.
    public var data: String?

    public init(
        kind: Kind, step: String? = nil, at: Int64, monotonic: Int64, data: String? = nil,
        operation: String = "", sequence: Int64 = 0
    ) {
        self.sequence = sequence
        self.operation = operation
        self.kind = kind
        self.step = step
        self.at = at
        self.monotonic = monotonic
        self.data = data
    }
}

extension Event {
    /// Of the table `events`, as `init(_:)` reads them.
    static let columns = "sequence, operation, kind, step, at, monotonic, data"

    /// Nil for a kind that a newer version has added: it is nothing that this one could show.
    init?(_ row: Row) {
        guard let kind = Kind(rawValue: row.text(2) ?? "") else { return nil }
        self.init(
            kind: kind, step: row.text(3), at: row.time(4) ?? 0, monotonic: row.integer(5) ?? 0,
            data: row.text(6), operation: row.text(1) ?? "", sequence: row.integer(0) ?? 0)
    }
}
