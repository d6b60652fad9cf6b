import Engine
import Journal

/// One call of a mutating method, from locks to outcome.
struct Call<M: Mutation> {
    let method: M
    let world: World

    /// Returns the result; throws the error that the director is to see. Either way the operation
    /// has its outcome in the journal, or is left open for recovery.
    func run() throws -> JSON {
        let locks = LockSet(
            world.locks, seconds: world.configuration.timeouts.lock, for: world.operation)
        defer { locks.release() }
        return try run(under: locks)
    }

    private func run(under locks: LockSet) throws -> JSON {
        let plan: M.Plan
        let intent: Intent
        do {
            try locks.cover(method.locks)
            try prepare(locks)
            plan = try method.plan(world)
            // Before the intent, which tells where it can be seen.
            world.signOfLife = try world.locks.own(world.operation)
            intent = try self.intent(plan)
        } catch {
            world.recorder.fail(
                CPIError.from(error).message,
                intent: Intent(
                    world, M.name, mutating: true, plan: nil, subjects: method.subjects,
                    daemon: nil))
            throw M.error(CPIError.from(error), cause: error)
        }
        return try perform(plan, intent)
    }

    /// Settles what dead operations left in the way, and makes the calls that must come first. Each
    /// time the locks grow everything is looked at again.
    ///
    ///     an open operation about the same VM or disk   what this call does            where
    ///     its process lives                             waits for its lock             LockSet
    ///     it may live on another machine                fails, and names it            Search.about
    ///     its process is dead                           settles it first, by the       Settler, Settlement,
    ///                                                   table of its kind; the         RecoveryTable
    ///                                                   repeated call then finds it
    ///                                                   done, or begins anew
    ///     parked, made and perhaps not answered         closes it, if it names it and  Settlement
    ///                                                   does something with it
    ///     parked for another reason                     goes on; a delete closes it    Search.about
    ///     parked by an operator                         goes on; a delete fails        requireNoneParkedByOperator
    ///     settling was tried five times                 parks it, and fails            Settler
    private func prepare(_ locks: LockSet) throws {
        // Nothing in Docker changes: it waits for nobody's lock.
        guard !(M.self is any RecordedOnly.Type && method.locks.isEmpty) else { return }
        let settler = Settler(world: world, caller: M.name)
        while true {
            if world.configuration.journal.recoverOnCall {
                try settler.settle(knownTo: method.subjects, under: locks) {
                    try method.inTheWay($0)
                }
            } else {
                // What is dead waits; what may be at work elsewhere is refused all the same.
                _ = try method.inTheWay(Search(world: world))
                let vms = try Search(world: world).vms(of: method.subjects)
                guard try !locks.cover(vms.map(\.subject)) else { continue }
            }
            if M.deletes {
                try Search(world: world).requireNoneParkedByOperator(method.subjects)
            }
            guard let first = try method.preparation(world) else { return }
            guard try !locks.cover(first.subjects) else { continue }
            try make(first, locks)
        }
    }

    /// A call that must come first, as an operation of its own: what it asks of Docker is told of it.
    private func make<First: Mutation>(_ method: First, _ locks: LockSet) throws {
        let further = world.furtherOperation()
        defer { further.signOfLife?.end() }
        _ = try further.recorder.watching(world.engine, effectsOnly: true) {
            try Call<First>(method: method, world: further).run(under: locks)
        }
    }

    private func perform(_ plan: M.Plan, _ intent: Intent) throws -> JSON {
        let steps = try M.steps(plan, method)
        world.recorder.begin(intent)
        do {
            try Runner(world: world).forward(steps)
        } catch let failure as StepFailure {
            try FailedCall(method: method, plan: plan, steps: steps, world: world).handle(failure)
        }
        if world.recorder.isOpen { world.recorder.end(.done, error: nil) }
        if M.deletes {
            Settler(world: world).closeGone(method.subjects + M.subjects(of: plan))
        }
        return method.answer(plan, world.request)
    }

    private func intent(_ plan: M.Plan) throws -> Intent {
        Intent(
            world, M.name, mutating: true, plan: try JSON(encoding: plan),
            subjects: method.subjects + M.subjects(of: plan),
            daemon: try world.daemonID())
    }
}

extension Intent {
    /// Who does what, for the journal.
    init(
        _ world: World, _ method: String, mutating: Bool, plan: JSON?, subjects: [Subject],
        daemon: String?
    ) {
        self.init(
            id: world.operation, method: method, mutating: mutating, plan: plan?.text,
            subjects: subjects, director: world.request.director, request: world.request.requestID,
            owner: RecordedOwner.json(
                daemon: daemon, address: world.engine.address, place: world.locks.place
            ).text)
    }
}
