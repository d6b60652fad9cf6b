import ArgumentParser
import CPI
import Journal

struct RecoverPark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "park",
        abstract:
            "Leaves an operation to people: nothing touches it until it is resolved or recovered.",
        discussion: "The reason is added to the operation's events.")

    @OptionGroup var decision: Decision

    func run() throws {
        try complaining {
            let (recovery, one) = try decision.openCase()
            let operation = try recovery.park(one.operation.id, reason: decision.reason)
            print(
                Invocation.complete(
                    "operation \(operation.id) is parked: \(RecoveryCommand.of(operation.id)) settles it"
                ))
        }
    }
}

struct RecoverResolve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract:
            "Closes an operation as you have found it. Changes nothing in Docker.",
        discussion: """
            For what recovery cannot settle and you have settled by hand. State and reason are added \
            to the operation's events; what happened stays as it was written. Before that it looks at \
            Docker, and says on stderr when the operation is half done there; a terminal is asked then.
            """)

    enum Outcome: String, CaseIterable, ExpressibleByArgument {
        case done, failed
        case rolledBack = "rolled-back"

        var state: Operation.State {
            switch self {
            case .done: .done
            case .failed: .failed
            case .rolledBack: .rolledBack
            }
        }
    }

    @OptionGroup var decision: Decision
    @Option(name: .customLong("as"), help: "done, failed or rolled-back.")
    var outcome: Outcome

    func run() throws {
        try complaining {
            let (recovery, one) = try decision.openCase()
            let look = Present.halfDone(one, recovery)
            if let look {
                Streams.write(Invocation.complete(look) + "\n", to: 2)
                guard
                    !Terminal.canAsk
                        || Terminal.ask("Close it as \(outcome.rawValue) all the same?")
                else { return print("operation \(one.operation.id) stays open") }
            }
            let operation = try recovery.resolve(
                one.operation.id, as: outcome.state, reason: decision.reason)
            print("operation \(operation.id) is closed as \(operation.state.rawValue)")
        }
    }
}

/// What a person decides about one operation, and why.
struct Decision: ParsableArguments {
    @OptionGroup var source: Source
    @Argument(help: "The operation's id, or the beginning of it.")
    var id: String
    @Option(help: "Why, and what was done by hand; for whoever looks next.")
    var reason: String

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("--reason must say something")
        }
    }

    /// The open operation that the id means. Throws `Complaint` when a live process works on it.
    func openCase() throws -> (OperatorRecovery, OperatorRecovery.Case) {
        let recovery = try source.unconnected(needsJournal: true, isToWrite: true)
        guard let one = try recovery.cases(id).first else {
            throw Complaint("there is no open operation", .failure)
        }
        try one.requireNoOwner()
        return (recovery, one)
    }
}

extension OperatorRecovery.Case {
    /// Throws `Complaint` when a live process works on the operation.
    func requireNoOwner() throws {
        guard let owner else { return }
        let next =
            owner.isSeen ? "" : "; if it is not: \(RecoveryCommand.of(operation.id).atAnyAge.yes)"
        throw Complaint(
            "operation \(operation.id): \(owner.sentence) on it, since \(since)\(next)",
            ExitCode.ownerAlive)
    }
}
