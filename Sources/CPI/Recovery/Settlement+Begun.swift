/// What of an operation may have been begun, where its journal does not tell all.
extension Settlement {
    /// Whether anything may have been changed. A journal may have stopped telling after the intent: then the effect
    /// of the first step tells, a mark that is there or something that is gone.
    func hasBegun<M: Mutation>(_ type: M.Type, _ plan: M.Plan) throws -> Bool {
        guard operation.step == nil, M.rule == .finish else { return true }
        return try M.steps(plan, nil).first?.verify(world) == true
    }

    /// What was not begun is not undone. Where no journal tells, or stopped telling before the end,
    /// everything may have been begun; most steps undo only what this operation has made.
    func begun<M: Mutation>(_ type: M.Type, _ plan: M.Plan) throws -> (Step) -> Bool {
        guard let recorded = world.recorder.store.begunSteps(of: operation) else {
            return { _ in true }
        }
        let isFurther =
            switch try M.situation(plan, world) {
            case .carriers(let carriers, _):
                carriers.image != .absent || carriers.replacement != .absent
            case .live(_, let state): state.attachedBy == operation.id
            default: false
            }
        return { step in isFurther || !step.touchesOthers || recorded.contains(step.name) }
    }
}
