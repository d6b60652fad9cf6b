import Engine
import Journal

/// Takes steps forward and back, with a record before and after each.
struct Runner {
    let world: World

    /// Does the steps in their order. When resuming, each is verified first, also those that the
    /// journal calls done. Throws `StepFailure`.
    func forward(_ steps: [Step], resuming: Bool = false) throws {
        for (index, step) in steps.enumerated() {
            do {
                if resuming, try step.verify(world) { continue }
                try carryOut(step)
            } catch {
                world.recorder.record(.failed, step.name, data: ["error": .string("\(error)")])
                throw StepFailure(index: index, step: step.name, cause: error)
            }
        }
    }

    /// Undoes the steps, last one first. Throws `StepFailure` at the first that cannot be undone.
    func backward(_ steps: [Step]) throws {
        for (index, step) in steps.enumerated().reversed() {
            guard let undo = step.undo else { continue }
            // Durable: once this is written the operation only ever goes backward.
            world.recorder.record(.undoing, step.name, durable: true)
            do {
                try undo(world)
            } catch {
                world.recorder.record(.failed, step.name, data: ["error": .string("\(error)")])
                throw StepFailure(index: index, step: step.name, cause: error)
            }
            world.recorder.note(.undone, step.name)
        }
    }

    private func carryOut(_ step: Step) throws {
        world.recorder.record(.doing, step.name, durable: step.isDestructive)
        do {
            try step.do(world)
            // Committed with whatever is recorded next: nothing happens in between.
            world.recorder.note(.done, step.name)
        } catch let error as EngineError where error.isOutcomeUnknown {
            // A lost reply is neither success nor failure. Docker may still be at it: look, for a while.
            guard try tookEffect(step) else { throw error }
            world.recorder.note(.observed, step.name, data: ["reply": .string("\(error)")])
        }
    }

    private func tookEffect(_ step: Step) throws -> Bool {
        world.wait(seconds: 5, every: 0.2) { (try? step.verify(world)) ?? false }
    }
}
