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
///              the VM has it                                back: nothing was changed, or somebody
///                                                                  has attached it again
///              any other                                    forward
enum LiveTable {
    /// Nothing is left to do.
    static let attached = Action.close(.done, "the disk is attached")

    static func action(
        _ plan: LiveAttach, _ state: LiveState, _ question: RecoveryTable.Question
    ) -> Action {
        guard plan.isAttach else { return detach(state, question) }
        let action = attach(plan, state, question)
        guard action == .back, state.isThere, !plan.wasListed, let last = state.attachedBy,
            last != plan.operation
        else { return action }
        return .close(.failed, "operation \(last) has attached the disk since")
    }

    private static func attach(
        _ plan: LiveAttach, _ state: LiveState, _ question: RecoveryTable.Question
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
