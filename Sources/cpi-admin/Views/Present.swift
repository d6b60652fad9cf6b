import CPI
import Engine
import Journal

/// What is true now, and what is to be done: beside the journal's story of an operation.
struct Present {
    /// What Docker says of the operation's subjects, or why it was not asked.
    var facts: [DockerFacts] = []
    var trouble: String?
    /// What recovery would do; nil for what is not open.
    var explanation: Explanation?
    /// Who is at work on it.
    var owner: OperationOwner?
    let next: String?

    /// Asks Docker. Whatever it answers, this fails nothing: the journal's story is there without it.
    init(_ view: OperationView, lastEvent: Int64?, _ source: Source, offline: Bool) {
        next = NextCommand.text(view).map(source.command)
        guard !offline else {
            trouble = "not asked (--offline)"
            return
        }
        do {
            // Not of the configured Docker alone: what was begun on another one is asked there.
            try look(view, lastEvent, try source.unconnected(needsJournal: false, isToWrite: false))
        } catch {
            trouble = "\(error)"
        }
    }

    private mutating func look(
        _ view: OperationView, _ lastEvent: Int64?, _ recovery: OperatorRecovery
    ) throws {
        let isOpen = view.operation.state.isOpen
        if isOpen, view.operation.mutating,
            let one = try recovery.cases(view.operation.id).first
        {
            owner = one.owner
            if one.owner == nil, one.trouble == nil {
                explanation = try recovery.explain(one)
            }
        }
        facts = try recovery.facts(
            about: view.subjects, of: view.operation, since: isOpen ? lastEvent : nil)
    }

    var json: JSON {
        var json: JSON = [
            "docker": .array(
                facts.map {
                    [
                        "kind": .string($0.subject.kind.rawValue), "cid": .string($0.subject.cid),
                        "facts": JSON($0.lines),
                    ]
                }),
            "docker_trouble": JSON(trouble),
            "next": JSON(next),
        ]
        json["recovery"] = explanation?.json ?? .null
        return json
    }
}

extension Present {
    /// What is to be known before an operation is closed as it is: that it is half done in Docker, or that
    /// nobody could look. Nil where nothing is left to be done.
    static func halfDone(_ one: OperatorRecovery.Case, _ recovery: OperatorRecovery) -> String? {
        // By its id only what is open is settled.
        let id = one.operation.id
        let settling =
            Terminal.canAsk
            ? "To have it settled, leave it open: \(RecoveryCommand.of(id))"
            : "To have it settled after this: \(RecoveryCommand.fromDocker(id).atAnyAge)"
        do {
            let explanation = try recovery.explain(one)
            guard explanation.isUnfinished else { return nil }
            let seen = explanation.situation.map { "seen: \($0)" }
            return
                (["\(one.operation.method) \(one.operation.id) is half done in Docker:"]
                + Terminal.indented(seen + ["recovery would: \(explanation.action)"])
                + [
                    "Closing it changes nothing of that. Where its mark is left, the next call on the VM "
                        + "settles it all the same. \(settling)"
                ])
                .joined(separator: "\n")
        } catch {
            return
                "Docker could not be looked at, so the operation may be half done there: \(error)"
        }
    }
}

extension Explanation {
    var json: JSON {
        [
            "action": .string(action), "rule": .string(rule), "situation": JSON(situation),
            "removes": JSON(removals), "needs_person": .bool(needsPerson),
        ]
    }

    /// For a list that is never empty.
    var removalLines: [String] { removals.isEmpty ? ["nothing"] : removals }
}

/// The one command that comes next, by an operation's state.
enum NextCommand {
    static func text(_ view: OperationView) -> String? {
        let id = view.operation.id
        switch view.state {
        case .running: return "wait; then: cpi-admin journal show \(id)"
        case .interrupted, .elsewhere:
            guard view.operation.mutating else { return nil }
            return
                "\(RecoveryCommand.of(id)), or repeat the call (bosh deploy): it settles it first"
        case .parked:
            return Methods.makesSomething(view.operation.method)
                ? "cpi-admin orphans, which says how to remove it; or \(RecoveryCommand.of(id))"
                : "\(RecoveryCommand.of(id)), which says what a person has to decide"
        case .failed, .rolledBack:
            return "fix the cause, then repeat the call (bosh deploy, bosh cck)"
        default: return nil
        }
    }
}
