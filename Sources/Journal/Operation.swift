/// One CPI call as the journal tells it: the projection of its events.
public struct Operation: Sendable, Equatable {
    /// How it ended; `running` while it has no outcome, whether its process lives or not.
    public enum State: String, Sendable {
        case running, done, failed
        case rolledBack = "rolled-back"
        case parked

        /// Whether somebody has still to settle it: a process, recovery, or a person.
        public var isOpen: Bool { self == .running || self == .parked }

        /// Whether its call, or its recovery, did not get what it wanted.
        public var isFailure: Bool { self == .failed || self == .rolledBack || self == .parked }
    }
    /// `backward` once a step was taken back.
    public enum Direction: String, Sendable { case forward, backward }

    public var id: String
    public var method: String
    public var state: State
    public var direction: Direction
    /// The step that was begun or taken back last; nil before the first.
    public var step: String?
    /// Whether its method can change something in Docker.
    public var mutating: Bool
    /// The plan as JSON text.
    public var plan: String?
    /// Why it ended as it did, or was left to a person, in words; nil where it is done or running.
    public var error: String?
    /// How many recoveries were begun.
    public var attempts: Int
    /// Unix time in milliseconds.
    public var started: Int64
    /// Unix time in milliseconds; nil while it is open.
    public var finished: Int64?
    /// Microseconds.
    public var duration: Int64?
    /// "delivered" or "lost"; nil where nobody has recorded whether the answer was written.
    public var replied: String?
    /// The director's UUID and its id of the call, where it said them.
    public var director: String?
    public var request: String?
    /// JSON text: the process, its host, where its locks are, the CPI's version, the Docker daemon.
    public var owner: String?
}

extension Operation {
    /// One that no journal knows: it had begun `step`, and how it went on is not known.
    public init(
        unrecorded id: String, method: String, plan: String, step: String, director: String?
    ) {
        self.init(
            id: id, method: method, state: .running, direction: .forward, step: step,
            mutating: true, plan: plan, error: nil, attempts: 0, started: 0, finished: nil,
            duration: nil, replied: nil, director: director, request: nil, owner: nil)
    }

    /// False for one that was seen in Docker alone: no operation began in 1970.
    public var isRecorded: Bool { started > 0 }
}
