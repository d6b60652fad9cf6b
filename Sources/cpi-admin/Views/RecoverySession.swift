import CPI
import Journal

/// One run of recovery: looks at operations, asks where it is to ask, settles.
struct RecoverySession {
    enum Mode { case look, ask, settle }

    let recovery: OperatorRecovery
    let wish: Operation.Direction?
    /// One operation was asked for by its id.
    let isNamed: Bool

    func results(_ cases: [OperatorRecovery.Case], _ mode: Mode) -> [RecoveryResult] {
        if Terminal.showsProgress, mode != .look {
            recovery.onProgress { Streams.write("  \(Terminal.shortened($0))\n", to: 2) }
        }
        return cases.map { first in
            // The deletion that it waits for may be settled by now.
            let isFirst = mode == .look || first.waitsFor == nil || !recovery.isOpen(first)
            let one = isFirst ? first : recovery.lookAgain(first, wish)
            var result = RecoveryResult(one)
            guard one.owner == nil, one.trouble == nil else { return shown(result, mode) }
            if mode != .look, !recovery.isOpen(one) {
                (result.words, result.isSettled) = (OperatorRecovery.settledMeanwhile, true)
                return shown(result, mode)
            }
            guard one.waitsFor == nil else {
                result.failed = mode == .settle
                return shown(result, mode)
            }
            if one.isParkedByOperator, !isNamed {
                result.needsPerson = true
                result.words = "nothing: \(one.operation.error ?? "it is parked")"
                return shown(result, mode)
            }
            // What would be done is known without it.
            if mode != .settle { result.explanation = try? recovery.explain(one, wish) }
            switch mode {
            case .look: return result
            case .settle: return settled(result)
            case .ask:
                _ = shown(result, mode)
                guard let question = question(one), Terminal.ask(question) else { return result }
                let done = settled(result, isConfirmed: true)
                print(done.words + "\n")
                return done
            }
        }
    }

    /// The table, and in full why, where there is a reason. `nothing`: what is said where there are none.
    func text(_ results: [RecoveryResult], _ did: Bool, nothing: String) -> String {
        let plans = results.compactMap(plan)
        let list = Listing(results, did: did, nothing: nothing).text(.table)
        // A terminal's table would say again what the plans say in full.
        if Terminal.isInteractive, !did, !plans.isEmpty, plans.count == results.count {
            return plans.joined(separator: "\n\n")
        }
        return ([list] + plans).joined(separator: "\n\n")
    }

    /// What is to be done beside the open operations, for a person.
    static func text(ofTidying plan: [String]) -> String {
        (["Beside that, recover --yes would"] + Terminal.indented(plan)).joined(separator: "\n")
    }

    /// Puts the VMs' old containers in order. Returns what was done.
    func tidy(_ isWanted: (String) -> Bool) throws -> [String] {
        try recovery.tidyOldContainers(isWanted).map { one in
            guard one.isStopped else {
                return "the containers of VM \(one.vm) are put in order"
            }
            return "VM \(one.vm) has its name back, and is stopped still: "
                + VMAdvice.start(one.vm)
        }
    }

    /// Nil where nothing would be done: it is left to a person already.
    private func question(_ one: OperatorRecovery.Case) -> String? {
        guard one.needsPerson else { return "Do it?" }
        return one.operation.state == .parked ? nil : "Leave it to a person?"
    }

    private func shown(_ result: RecoveryResult, _ mode: Mode) -> RecoveryResult {
        if mode == .ask { print(plan(result) ?? "\(result.one.operation.id): \(result.words)") }
        return result
    }

    /// What is, what would be done and why, what goes.
    private func plan(_ result: RecoveryResult) -> String? {
        guard let explanation = result.explanation else { return nil }
        let operation = result.one.operation
        let cids = result.one.subjects.map(\.title)
            .joined(separator: ", ")
        return Table.pairs(
            [
                (operation.id, Listing.Cell("\(operation.method): \(cids)")),
                ("  last step", Listing.Cell(operation.step ?? "none was begun")),
            ] + explanation.situation.map { ("  seen", Listing.Cell($0)) } + [
                ("  would", Listing.Cell(result.words, style: .title)),
                ("  rule", Listing.Cell(explanation.rule)),
            ] + explanation.removalLines.map { ("  removes", Listing.Cell($0)) })
    }

    private func settled(_ result: RecoveryResult, isConfirmed: Bool = false) -> RecoveryResult {
        var result = result
        do {
            let done = try recovery.settle(result.one, wish, isConfirmed: isConfirmed)
            result.words = done.needsPerson ? done.words : "done: \(done.words)"
            result.words = Invocation.complete(result.words)
            result.needsPerson = done.needsPerson
            result.isSettled = !done.needsPerson
        } catch {
            result.words = Invocation.complete("failed: \(recovery.words(of: error))")
            result.failed = true
        }
        return result
    }
}
