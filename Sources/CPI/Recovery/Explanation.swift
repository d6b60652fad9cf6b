import Engine
import Journal

/// Why recovery would do what it would do: a row of `RecoveryTable` in words.
public struct Explanation: Sendable {
    /// The method's rule.
    public let rule: String
    /// What Docker shows, one fact each; empty when it could not be asked, or need not be.
    public let situation: [String]
    public let action: String
    /// What the action takes away, or that it takes nothing away.
    public let losses: String
    public let needsPerson: Bool
}

extension OperatorRecovery {
    /// The row of the table for an open operation. Changes nothing. Throws `CPIError` for a wish that
    /// cannot be granted, else `EngineError`.
    public func explain(_ one: Case, _ wish: Operation.Direction? = nil) throws -> Explanation {
        try Settlement(one.operation, try world(for: one.operation)).explain(wish: wish)
    }
}

extension Settlement {
    func explain(wish: Operation.Direction?) throws -> Explanation {
        let action = try decide(wish: wish)
        guard let type = Methods.mutation(operation.method), try foreignDaemon() == nil else {
            return Explanation(
                rule: "what is not known here is left to a person", situation: [],
                action: action.words, losses: action.losses(.nothing),
                needsPerson: action.isForPerson)
        }
        return try explain(type, action)
    }

    private func explain<M: Mutation>(_ type: M.Type, _ action: Action) throws -> Explanation {
        let situation = try operation.plan(of: type).map { try M.situation($0, world).facts }
        return Explanation(
            rule: M.rule.words, situation: situation ?? ["the plan cannot be read"],
            action: action.words, losses: action.losses(M.rule), needsPerson: action.isForPerson)
    }
}

extension RecoveryRule {
    /// As a sentence without its full stop.
    var words: String {
        switch self {
        case .removeIncomplete:
            "what is not yet complete is removed, for nobody can have its name; what is complete is "
                + "kept until somebody names it"
        case .keepWhatIsMade: "one request makes it whole, and what is made is kept"
        case .replacement:
            "back while the replacement has not run, forward once it has: what ran last is the VM"
        case .finish: "forward from its first effect on"
        case .nothing: "nothing in Docker changes"
        }
    }
}

extension Action {
    /// What it takes away, by the rule under which it is taken.
    func losses(_ rule: RecoveryRule) -> String {
        switch (self, rule) {
        case (.back, .removeIncomplete): "what it has made so far and nobody has the CID of"
        case (_, .finish) where self == .forward: "what the call was asked to delete, if it deletes"
        case (.back, .replacement), (.forward, .replacement), (.superseded, .replacement):
            "nothing: a container that has run is only removed when another holds all it holds"
        default: "nothing of a VM or disk"
        }
    }
}
