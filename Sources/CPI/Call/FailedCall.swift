import Engine
import Journal

/// What a call does when one of its steps has failed: it looks, asks the same table as recovery, does
/// what that says, looks again, and says what there is.
struct FailedCall<M: Mutation> {
    let method: M
    let plan: M.Plan
    let steps: [Step]
    let world: World

    /// Returns when the call has done what was asked for after all; else throws the error for the
    /// director. The operation has its outcome then, or is left open for recovery.
    func handle(_ failure: StepFailure) throws {
        var begun = Array(steps[...failure.index])
        // What Docker has refused did not happen: a way back may still be open.
        if failure.isRefusal, steps[failure.index].isOneWay { begun.removeLast() }
        if steps[failure.index].isTidying { return leaveTheRest(failure) }
        guard !(failure.cause is CannotLook) else { throw unseen(failure) }
        let next: Action
        do { next = try action(begun) } catch { throw unseen(failure, ": \(error)") }
        switch next {
        case .back: try goBack(begun, failure)
        case .forward: try goForward(failure)
        case .superseded(let other):
            try? M.removeRemains(plan, world)  // recovery finds what is left
            end(.failed, failure)
            throw report(failure, "\(other.capitalizedFirst) has taken over")
        case .close(.done, let why):
            world.warn("step \"\(failure.step)\" has failed: \(failure.cause); \(why)")
            finishRest(failure)
        case .close(let state, let why):
            do {
                try M.removeRemains(plan, world)
            } catch {
                world.recorder.leaveOpen()
                let why = (error as? StepFailure)?.cause ?? error
                throw report(failure, "It could not be cleaned up: \(why)", next: recover)
            }
            end(state, failure)
            throw report(failure, why.capitalizedFirst)
        case .park(let why):
            park(why)
            throw report(
                failure, "A person is needed: \(why)", next: world.recovery(of: world.operation))
        }
    }

    /// Recovery is to look again.
    private func unseen(_ failure: StepFailure, _ why: String = "") -> CPIError {
        world.recorder.leaveOpen()
        return report(failure, "What is true now could not be seen\(why)", next: recover)
    }

    private func action(_ begun: [Step]) throws -> Action {
        let isPastPivot = begun.contains(where: \.isOneWay) && M.rule == .replacement
        // Before its pivot this call may still undo what it does; after it, what is left is finished later.
        let question = RecoveryTable.Question(
            rule: M.rule, begun: begun.contains { $0.isOneWay || $0.isDestructive },
            asker: isPastPivot
                ? .laterCall(isOfSameMethod: true)
                : .failingCall(hasStarted: world.progress.hasStarted))
        return RecoveryTable.action(question, try M.situation(plan, world))
    }

    /// What was asked for is there: the steps from the failed one on, once more. What is not done then is told, and is
    /// no failure of the call.
    private func finishRest(_ failure: StepFailure) {
        do {
            try Runner(world: world).forward(Array(steps[failure.index...]), resuming: true)
        } catch {
            let rest = error as? StepFailure
            world.warn("step \"\(rest?.step ?? "")\" is not done: \(rest?.cause ?? error)")
        }
    }

    /// The call has done what was asked for: what is left over waits for recovery, or for a person.
    private func leaveTheRest(_ failure: StepFailure) {
        world.warn("\(M.name) is done, but step \"\(failure.step)\" is not: \(failure.cause)")
        switch try? action(steps) {
        case .park(let why): parkWarning(why)
        // The director gets the answer that it is done: nothing is taken back after that.
        case .back:
            parkWarning(
                "the VM's new container is gone, or somebody has started the old one: compare what is there"
            )
        default: world.recorder.leaveOpen()
        }
    }

    private func parkWarning(_ why: String) {
        world.warn(why)
        park(why)
    }

    private func goBack(_ begun: [Step], _ failure: StepFailure) throws {
        do {
            world.progress.undoing = try M.undoingBegins(plan, world)
            try Runner(world: world).backward(begun)
        } catch {
            world.recorder.leaveOpen()
            let reason = (error as? StepFailure).map { "\($0.step): \($0.cause)" } ?? "\(error)"
            throw report(failure, "It could not be rolled back: \(reason)", next: recover)
        }
        end(.rolledBack, failure)
        throw report(failure, seenAfterwards())
    }

    /// Once more from the first step, each seen first: somebody may have removed what was made.
    private func goForward(_ failure: StepFailure) throws {
        guard M.rule == .replacement else {
            world.recorder.leaveOpen()
            // A deletion of what is there still is finished by the operator's wish alone.
            let recovery = world.recovery(of: world.operation)
            let finish = (M.deletes ? recovery.forward : recovery).yes
            // Without a journal nothing but a mark tells of it, and deletions leave none.
            let command = world.recorder.store.journal != nil ? ", or: \(finish)" : ""
            throw report(
                failure, "It may be half done; what was done is kept",
                next: "repeat the call\(command)")
        }
        do {
            try Runner(world: world).forward(steps, resuming: true)
        } catch let second as StepFailure {
            if steps[second.index].isTidying { return leaveTheRest(second) }
            world.recorder.leaveOpen()
            throw report(
                failure, "It was not finished either: \(second.step): \(second.cause)",
                next: recover)
        }
    }

    /// Only what was seen is said.
    private func seenAfterwards() -> String {
        guard let differences = try? M.differencesFromBefore(plan, world) else {
            return "Rolled back; what is true now could not be seen"
        }
        return differences.isEmpty
            ? "Rolled back: everything is as it was before"
            : "Rolled back, but " + differences.joined(separator: "; ")
    }

    private func park(_ why: String) {
        try? M.removeRemains(plan, world)  // recovery finds what is left
        world.recorder.end(.parked, error: why)
    }

    private func end(_ state: Operation.State, _ failure: StepFailure) {
        world.recorder.end(state, error: CPIError.from(failure.cause).message)
    }

    private var recover: RecoveryCommand { world.recovery(of: world.operation).yes }

    /// What failed, what is true now, what was done about it, the operation, the next command.
    private func report(
        _ failure: StepFailure, _ state: String, next: (any CustomStringConvertible)? = nil
    )
        -> CPIError
    {
        var error = CPIError.from(failure.cause)
        let hasJournal = world.recorder.store.journal != nil
        let look = hasJournal ? "cpi-admin journal show \(world.operation)" : "cpi-admin doctor"
        error.message =
            "\(M.name) failed at step \"\(failure.step)\": \(error.message). \(state). "
            + "Operation \(world.operation); next: \(next ?? look)"
        return M.error(error, cause: failure.cause)
    }
}

extension String {
    /// As the beginning of a sentence.
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
