import Engine
import Journal

/// Why recovery would do what it would do: a row of `RecoveryTable` in words.
public struct Explanation: Sendable {
    /// The method's rule.
    public let rule: String
    /// What Docker shows, one fact each; empty when it could not be asked, or need not be.
    public let situation: [String]
    public let action: String
    /// What the action takes away from Docker, one thing each; empty when that is nothing.
    public let removals: [String]
    public let needsPerson: Bool
    /// Something is left to be done in Docker, one way or the other.
    public let isUnfinished: Bool

    init(_ rule: String, _ situation: [String], _ action: Action, removals: [String] = []) {
        (self.rule, self.situation, self.removals) = (rule, situation, removals)
        self.action = action.words
        needsPerson = action.isForPerson
        isUnfinished = action.isUnfinished
    }
}

extension OperatorRecovery {
    /// The row of the table for an open operation. Changes nothing. Throws `CPIError` for a wish that
    /// cannot be granted, else `EngineError`.
    public func explain(_ one: Case, _ wish: Operation.Direction? = nil) throws -> Explanation {
        let there = try world(for: one.operation)
        return try Settlement(one.found, for: .person(wish: wish), there).explain()
    }
}

extension Settlement {
    func explain() throws -> Explanation {
        let action = try self.action()
        guard let type = Methods.mutation(operation.method), try anotherDaemon() == nil else {
            return Explanation("what is not known here is left to a person", [], action)
        }
        return try explain(type, action)
    }

    private func explain<M: Mutation>(_ type: M.Type, _ action: Action) throws -> Explanation {
        guard let plan = operation.plan(of: type) else {
            return Explanation(M.rule.words, ["the plan cannot be read"], action)
        }
        let situation = try M.situation(plan, world)
        return Explanation(
            situation.rule ?? M.rule.words, situation.facts, action,
            removals: try M.removals(plan, action, Removals(world: world)))
    }
}

extension Situation {
    /// Where something else decides than the method's own rule: see `LiveTable`.
    fileprivate var rule: String? {
        guard case .live(let plan, _) = self else { return nil }
        return plan.isAttach
            ? "forward once its pin has run, for the director may have the answer; else back"
            : "back while nothing was changed, else forward"
    }
}

extension RecoveryRule {
    /// As a sentence without its full stop.
    var words: String {
        switch self {
        case .removeIncomplete:
            "what is not yet complete is removed, for nobody can have its name; what is complete is "
                + "kept until somebody names it"
        case .keepWhatIsMade:
            "what is made is kept, but for a disk that is certainly half filled from its snapshot"
        case .replacement:
            "back while the replacement has not run, forward once it has: what ran last is the VM"
        case .finish:
            "forward from its first effect on; but a deletion of what is there still is closed, unless it is "
                + "asked for again, or with --forward"
        case .nothing: "nothing in Docker changes"
        }
    }
}

extension Action {
    fileprivate var isUnfinished: Bool { if case .close = self { false } else { true } }
}
