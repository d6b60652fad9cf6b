import Journal

/// What becomes of a live attach or detach that cannot go on as it began: one table for a call that
/// fails, for recovery after a death, and for an operator's choice. Neither way does harm.
///
///     attach   the VM is gone, or another one has the disk  back
///              on the list, mounted, pinned as planned      done
///              on the list, and its pin runs or has run     forward: somebody has unmounted it, or
///                                                                    stopped the pin
///              any other                                    back: nobody has had the answer;
///                                                                    nothing where another operation
///                                                                    has attached it since
///     detach   another VM has the disk                      forward
///              the VM has it                                back: nothing was changed; nothing
///                                                                  where it was attached since
///              any other                                    forward; nothing where it is on the list by
///                                                                  another operation that came later
enum LiveTable {
    /// Nothing is left to do.
    static let attached = Action.close(.done, "the disk is attached")

    static func action(
        _ plan: LiveChange, _ state: LiveState, _ question: RecoveryTable.Question
    ) -> Action {
        let action =
            plan.isAttach ? attach(plan, state, question) : detach(state, question)
        // Forward, a detach would take away what was attached since, although that was merely unmounted.
        let mayBeAnothers =
            action == .back
            ? state.isThere
            : !plan.isAttach && question.asker.wish == nil && state.isListed
                && !state.isWithAnotherVM
        guard mayBeAnothers, let last = later(plan, state) else { return action }
        return .close(.failed, "operation \(last) has attached the disk since")
    }

    /// The operation that has attached the disk after this one began; nil where there is none, or where its pin is
    /// missing: going back makes that again.
    private static func later(_ plan: LiveChange, _ state: LiveState) -> String? {
        guard let last = state.attachedBy, last != plan.operation else { return nil }
        // Where the disk was not there before, whoever has attached it came later. Else the ids tell, by their time.
        guard plan.isAttach else {
            return last > plan.operation && state.pin != .absent ? last : nil
        }
        return plan.wasListed ? nil : last
    }

    private static func attach(
        _ plan: LiveChange, _ state: LiveState, _ question: RecoveryTable.Question
    ) -> Action {
        guard state.vm != .absent, !state.isWithAnotherVM else { return .back }
        if let wish = question.asker.wish { return wish.action }
        guard question.direction == .forward else { return .back }
        let isPinned = state.pin == .running || (state.pin != .absent && !plan.pinRuns)
        if state.isThere, isPinned { return attached }
        let hasRun = state.pin == .running || state.pin == .stopped
        return state.isListed && hasRun ? .forward : .back
    }

    private static func detach(_ state: LiveState, _ question: RecoveryTable.Question) -> Action {
        guard state.vm != .absent, !state.isWithAnotherVM else { return .forward }
        if let wish = question.asker.wish { return wish.action }
        guard question.direction == .forward else { return .back }
        return state.isThere ? .back : .forward
    }
}
