import Engine
import FoundationEssentials
import Journal

/// One call of a mutating method, from locks to outcome.
struct Call<M: Mutation> {
    let method: M
    let world: World

    /// Returns the result; throws the error that the director is to see. Either way the operation
    /// has its outcome in the journal, or is left open for recovery.
    func run() throws -> JSON {
        let locks = try world.locks.acquire(
            method.locks, seconds: world.configuration.timeouts.lock, for: world.operation)
        defer { locks.forEach { $0.release() } }
        let plan: M.Plan
        do {
            if world.configuration.journal.recoverOnCall {
                try method.settleBefore(Settlement(world: world))
            }
            plan = try method.plan(world)
        } catch {
            end(.failed, error, subjects: method.subjects)
            throw M.error(CPIError.from(error), cause: error)
        }
        return try carryOut(plan)
    }

    private func carryOut(_ plan: M.Plan) throws -> JSON {
        let owner = try world.locks.own(world.operation)
        defer { owner.forEach { $0.release() } }
        let steps = try M.steps(plan, method)
        world.recorder.begin(try intent(plan))
        do {
            try Runner(world: world).forward(steps)
        } catch let failure as StepFailure {
            try settle(failure, steps)
        }
        if world.recorder.isOpen { world.recorder.record(.outcome, data: ["state": "done"]) }
        if M.deletes { Settlement(world: world).closeGone(method.subjects + M.subjects(of: plan)) }
        return method.answer(plan, world.request)
    }

    /// Back where there is a way back. Past the pivot of a replacement the call has done what was
    /// asked for: what is left over waits for recovery. Anything else is told as it is.
    private func settle(_ failure: StepFailure, _ steps: [Step]) throws {
        var begun = Array(steps[...failure.index])
        // What Docker has refused did not happen: a way back may still be open.
        if failure.isRefusal, steps[failure.index].undo == nil { begun.removeLast() }
        guard begun.contains(where: { $0.undo == nil }) else { return try rollBack(failure, begun) }
        if M.lane == .replace {
            world.warn("\(M.name) is done, but step \"\(failure.step)\" is not: \(failure.cause)")
            return world.recorder.leaveOpen()
        }
        if M.lane == .keep {
            // Seen not to be there is one thing, not to be seen another.
            guard (try? steps[failure.index].verify(world)) == false else {
                world.recorder.leaveOpen()
                throw report(
                    failure, "Whether it was made is not known",
                    next: "cpi-admin recover \(world.operation) --yes")
            }
            end(.failed, failure.cause)
            throw report(failure, "Nothing was made")
        }
        world.recorder.leaveOpen()
        throw report(
            failure, "It is half done; what was done is kept",
            next: "repeat the call, or: cpi-admin recover \(world.operation) --yes")
    }

    private func rollBack(_ failure: StepFailure, _ begun: [Step]) throws {
        do {
            try Runner(world: world).backward(begun)
        } catch let second as StepFailure {
            world.recorder.leaveOpen()
            throw report(
                failure, "It could not be rolled back: \(second.step): \(second.cause)",
                next: "cpi-admin recover \(world.operation) --yes")
        }
        let wasUndone = !begun.isEmpty
        end(wasUndone ? .rolledBack : .failed, failure.cause)
        throw report(
            failure,
            wasUndone ? "Rolled back: everything is as it was before" : "Nothing was changed")
    }

    /// What failed, what is true now, what was done about it, the operation, the next command.
    private func report(_ failure: StepFailure, _ state: String, next: String? = nil) -> CPIError {
        var error = CPIError.from(failure.cause)
        let next = next ?? "cpi-admin journal show \(world.operation)"
        error.message =
            "\(M.name) failed at step \"\(failure.step)\": \(error.message). \(state). "
            + "Operation \(world.operation); next: \(next)"
        return M.error(error, cause: failure.cause)
    }

    private func end(_ state: Operation.State, _ error: Error, subjects: [Subject] = []) {
        world.recorder.end(
            state, error: CPIError.from(error).message,
            intent: Intent(
                world, M.name, mutating: true, plan: nil, subjects: subjects, daemon: nil))
    }

    private func intent(_ plan: M.Plan) throws -> Intent {
        Intent(
            world, M.name, mutating: true, plan: try JSON(encoding: plan),
            subjects: method.subjects + M.subjects(of: plan), daemon: try? world.engine.info()["ID"]
        )
    }
}

extension Intent {
    /// Who does what, for the journal.
    init(
        _ world: World, _ method: String, mutating: Bool, plan: JSON?, subjects: [Subject],
        daemon: JSON?
    ) {
        self.init(
            id: world.operation, method: method, mutating: mutating, plan: plan?.text,
            subjects: subjects, director: world.request.director, request: world.request.requestID,
            owner: Owner.json(daemon: daemon, address: world.engine.address).text)
    }
}
