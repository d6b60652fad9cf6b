import Engine
import Journal

/// Takes steps forward and back, with a record before and after each.
struct Runner {
    let world: World

    /// Does the steps in their order. When resuming, each is verified first, also those that the
    /// journal calls done: what is there is not done again, but checked. Throws `StepFailure`.
    func forward(_ steps: [Step], resuming: Bool = false) throws {
        for (index, step) in steps.enumerated() {
            do {
                if resuming, try step.verify(world) {
                    try step.check?(world)
                } else {
                    try perform(step)
                }
            } catch {
                throw failed(index, step, error)
            }
        }
    }

    /// Undoes those of the steps that were begun, last one first. Throws `StepFailure` at the first
    /// that cannot be undone.
    func backward(_ steps: [Step], wasBegun: (Step) -> Bool = { _ in true }) throws {
        for (index, step) in steps.enumerated().reversed() where wasBegun(step) {
            guard case .by(let undo) = step.undo else { continue }
            world.recorder.record(.undoing(world.progress.undoing), step.name, durable: true)
            do {
                try undo(world)
            } catch {
                throw failed(index, step, error)
            }
            world.recorder.note(.undone, step.name)
        }
    }

    private func perform(_ step: Step) throws {
        world.recorder.record(.doing, step.name, durable: step.isDestructive)
        do {
            try step.do(world)
        } catch let error as EngineError where error.isOutcomeUnknown {
            // A lost reply is neither success nor failure. Docker may still be at it: look, for a while.
            guard tookEffect(step) else { throw error }
            try step.check?(world)
            return world.recorder.note(.observed(reply: "\(error)"), step.name)
        }
        try step.check?(world)
        // Committed with whatever is recorded next: nothing happens in between.
        world.recorder.note(.done, step.name)
    }

    private func tookEffect(_ step: Step) -> Bool {
        world.wait(seconds: 5, every: 0.2) { (try? step.verify(world)) ?? false }
    }

    private func failed(_ index: Int, _ step: Step, _ error: Error) -> StepFailure {
        world.recorder.record(.failed(error: "\(error)"), step.name)
        return StepFailure(index: index, step: step.name, cause: error)
    }
}
