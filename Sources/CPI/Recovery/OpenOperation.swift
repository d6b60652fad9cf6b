import Engine
import Journal

/// An operation that has no outcome, or was left to a person: where it was found, and what is to be
/// locked for it.
struct OpenOperation {
    var operation: Operation
    let subjects: [Subject]
    /// Where it was begun; nil when nothing tells.
    let place: Place?
    /// RFC 3339; when it began, or when its first trace in Docker was made.
    let since: String
    /// What is wrong, where that is no interruption; nil where it is one, as far as Docker shows.
    var damage: String?
    /// Its call has answered with an error: nobody has the CID of what it was to make.
    var hasToldError = false
    /// An operator has parked it: only `recover` with its id settles it.
    var isParkedByOperator = false

    var id: String { operation.id }

    /// As in "operation 1m84tkefq9txjn (attach_disk)".
    var title: String { "operation \(operation.id) (\(operation.method))" }

    /// What it makes and answers the CID of; nil for methods that answer none, and before it has a plan.
    var made: Subject? {
        let kind = Methods.mutation(operation.method)?.makes
        return subjects.first { $0.kind == kind }
    }

    /// Whether it is the same operation, with the same plan.
    func isSame(as other: OpenOperation) -> Bool {
        id == other.id && operation.plan == other.operation.plan
    }

    /// The host that `place` names.
    var host: String { place?.machine.host ?? "" }
}

/// Who works on an operation, or may do so.
public struct OperationOwner: Sendable, Equatable {
    /// As in "process 4711".
    public let words: String
    /// It holds the operation's lock. Else the operation was begun lately, where no lock can be seen from here.
    public let isSeen: Bool

    public var sentence: String { "\(words) \(isSeen ? "is" : "may be") at work" }
}

extension OpenOperation {
    /// As the journal tells it.
    init(_ operation: Operation, in journal: Journal) throws {
        self.init(
            operation: operation, subjects: try journal.subjects(of: operation.id),
            place: RecordedOwner(operation)?.place, since: Timestamp.text(operation.started))
        if operation.replied != nil,
            let replied = try journal.events(of: operation.id, .replied).last,
            case .replied(_, let isError) = EventPayload(replied)
        {
            hasToldError = isError
        }
        guard operation.state == .parked,
            let outcome = try journal.events(of: operation.id, .outcome).last,
            case .outcome(_, _, let byOperator) = EventPayload(outcome)
        else { return }
        isParkedByOperator = byOperator
    }
}

extension Journal {
    /// Everything open that may have changed something, oldest first.
    func openMutations() throws -> [OpenOperation] {
        try open().filter(\.mutating).map { try OpenOperation($0, in: self) }
    }
}

extension World {
    /// Seconds after which what was begun elsewhere counts as dead.
    static let grace = 600

    /// The locks of another machine cannot be seen here: what was begun there lately may live.
    func mayLiveOnAnotherMachine(_ operation: OpenOperation) -> Bool {
        mayLive(at: operation.place, since: operation.since)
    }

    /// It was begun where its lock can be seen from here, or nothing tells where.
    func isOfHere(_ operation: OpenOperation) -> Bool {
        operation.place.map { !locks.isOnAnotherMachine($0) } ?? true
    }

    /// Whether its lock tells if somebody is at work on it.
    func seesLock(of operation: OpenOperation) -> Bool {
        operation.place?.directory != nil && isOfHere(operation)
    }

    /// Nobody is at work on it, here or elsewhere.
    func isDead(_ operation: OpenOperation) -> Bool {
        !locks.isOwned(operation.id) && !mayLiveOnAnotherMachine(operation)
    }

    /// Who is, or may be, at work on it; nil for nobody. `ignoresGrace`: what was begun lately on another machine counts
    /// as dead.
    func owner(of found: OpenOperation, ignoresGrace: Bool = false) -> OperationOwner? {
        if locks.isOwned(found.id) {
            return OperationOwner(words: locks.owner(found.id), isSeen: true)
        }
        guard !ignoresGrace, mayLiveOnAnotherMachine(found), found.operation.state == .running
        else { return nil }
        return OperationOwner(words: "a process on machine \(found.host)", isSeen: false)
    }

    /// Whether what bears these labels may be just being used by the call that made it, here or elsewhere.
    func mayBeAtWork(_ labels: [String: String]) -> Bool {
        guard let id = labels.label(Label.operation) else { return false }
        return locks.isOwned(id)
            || mayLive(at: Place(labels), since: labels[Label.createdAt] ?? "")
    }

    private func mayLive(at place: Place?, since: String) -> Bool {
        guard let place, locks.isOnAnotherMachine(place) else { return false }
        return since > Timestamp.text(clock.wall() - Int64(World.grace) * 1_000)
    }

    /// Throws `CPIError` naming the machine when the operation may be at work there.
    func requireDead(_ operation: OpenOperation) throws {
        if let words = begunElsewhere(operation) { throw CPIError.cloud(words) }
    }

    /// Where the operation may be at work on another machine, and the command for when it is not; nil where it is dead,
    /// or of this machine.
    func begunElsewhere(_ operation: OpenOperation) -> String? {
        guard mayLiveOnAnotherMachine(operation) else { return nil }
        let isAhead = operation.since > Timestamp.text(clock.wall() + 60_000)
        return "\(operation.title) was begun on machine \(operation.host) at "
            + "\(operation.since)\(isAhead ? ", by a clock that is ahead of this one," : "") "
            + "and may be at work there; if it is not: \(recoveryAtAnyAge(of: operation.id))"
    }
}
