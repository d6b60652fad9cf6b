import Engine
import Journal

/// Settles one operation, by the same steps and the same Runner that began it.
struct Settlement {
    let operation: Operation
    /// Acts in the operation's name.
    let world: World
    private let asker: Asker
    /// All that it is about, by what its call named and its plan.
    private let about: [Subject]
    private let hasToldError: Bool
    /// An operator has parked it; where settling fails it stays so.
    private let isParkedByOperator: Bool

    init(_ found: OpenOperation, for asker: Asker, _ world: World) {
        operation = found.operation
        self.asker = asker
        about = found.subjects
        hasToldError = found.hasToldError
        isParkedByOperator = found.isParkedByOperator
        self.world = world.acting(as: operation)
        if operation.direction == .backward {
            self.world.progress.undoing = world.recorder.store.undoingBegan(of: operation.id)
        }
    }

    /// What would be done. Changes nothing. Throws `EngineError`, or `CPIError` for a wish that cannot
    /// be granted.
    func action() throws -> Action {
        guard let type = Methods.mutation(operation.method) else {
            return .park("this version does not know the method \(operation.method)")
        }
        return try action(type)
    }

    /// What was done, and what was seen afterwards.
    struct Result {
        let action: Action
        /// How Docker differs from what was before the operation, where it went back.
        var differences: [String] = []

        /// As "rolled back, but …".
        var words: String {
            differences.isEmpty
                ? action.outcome : action.outcome + ", but " + differences.joined(separator: "; ")
        }
    }

    /// Counts the attempt, does it and records it. Returns what was done; throws when that failed half
    /// way. What is parked and stays so is left as it is: not a word is added to it.
    func run(knownTo subjects: [Subject]) throws -> Result {
        guard let type = Methods.mutation(operation.method) else {
            return parked(try action())
        }
        return try world.recorder.watching(world.engine, effectsOnly: true) {
            do {
                return try run(type, subjects)
            } catch let failure where operation.state == .parked {
                try? removeRemains(type)
                finish(.parked, operation.error, byOperator: isParkedByOperator)
                throw failure
            }
        }
    }

    /// Its mark would be in the way of every call on the VM.
    private func removeRemains<M: Mutation>(_ type: M.Type) throws {
        guard let plan = operation.plan(of: type), try anotherDaemon() == nil else { return }
        try M.removeRemains(plan, world)
    }

    /// Leaves it to people after all attempts, and takes its mark away as every other way to park does.
    func giveUp(_ why: String) {
        if let type = Methods.mutation(operation.method) {
            world.recorder.watching(world.engine, effectsOnly: true) {
                try? removeRemains(type)  // recovery finds what is left
            }
        }
        park(why)
    }

    /// Leaves it to people. One that is parked keeps the reason that it has.
    func park(_ why: String) {
        guard operation.state != .parked else { return }
        finish(.parked, why)
    }

    /// What cannot be read is left to people, whatever would be done.
    private func parked(_ action: Action) -> Result {
        if case .park(let why) = action { park(why) }
        return Result(action: action)
    }

    private func run<M: Mutation>(_ type: M.Type, _ subjects: [Subject]) throws -> Result {
        let action: Action
        do {
            if let plan = operation.plan(of: type), try anotherDaemon() == nil {
                try M.endLateRequests(plan, world)
            }
            action = try self.action(type)
        } catch {
            // Or what cannot be looked at would be in the way of every call for ever.
            if operation.state != .parked { recordAttempt() }
            throw error
        }
        guard let plan = operation.plan(of: type) else { return parked(action) }
        if try removeRestOfDeletedVM() {
            return try end(Settlement.closedAsDeleted, type, plan)
        }
        if case .park = action {
            if let over = try whyNobodyIsNeeded(type, plan, among: subjects) {
                return try end(over, type, plan)
            }
        } else {
            recordAttempt()
        }
        do {
            return try perform(action, type, plan)
        } catch let failure as StepFailure where failure.cause is LastCopy {
            // Somebody has acted between the look and the step.
            let next = try self.action(type)
            guard case .park = next else { throw failure }
            return try end(next, type, plan)
        }
    }

    private static let closedAsDeleted = Action.close(.failed, "what it was about was deleted")

    /// A Docker that is late may make a container or an image of the VM when delete_vm has removed all others:
    /// they go too, and no VM is made of them. False where the operation is no replacement in a VM that was
    /// deleted.
    private func removeRestOfDeletedVM() throws -> Bool {
        guard case .deletion(let deleted) = asker, case .remount(let plan)? = operation.diskChange,
            deleted.contains(plan.vm.subject), try anotherDaemon() == nil
        else { return false }
        for container in try world.containers(of: plan.vm, alsoRenamed: true)
        where container.isOwn(of: plan.vm) {
            try world.removeContainer(container.id, .deleted)
        }
        for image in try world.imagesToDelete(with: plan.vm) {
            try world.releaseCommittedImage(image, of: plan.vm)
        }
        return true
    }

    /// What is for a person ends by itself when the director names what was made, or has deleted it.
    private func whyNobodyIsNeeded<M: Mutation>(
        _ type: M.Type, _ plan: M.Plan, among subjects: [Subject]
    ) throws -> Action? {
        if isMade(type, plan, among: subjects), try anotherDaemon() == nil {
            return .close(.done, "the director knows it")
        }
        return asker.isDeletion ? Settlement.closedAsDeleted : nil
    }

    /// From here on it is no longer parked: recovery is at work on it.
    private func recordAttempt() { world.recorder.record(.attempt, durable: true) }

    private func perform<M: Mutation>(
        _ action: Action, _ type: M.Type, _ plan: M.Plan
    ) throws -> Result {
        switch action {
        case .back:
            try goBack(type, plan)
            let differences = try M.differencesFromBefore(plan, world)
            finish(
                .rolledBack,
                (["interrupted, and rolled back by recovery"] + differences).joined(separator: "; ")
            )
            return Result(action: action, differences: differences)
        case .forward:
            world.progress.undoing = nil
            world.progress.isOperatorsWish = asker.wish != nil
            try Runner(world: world).forward(try M.steps(plan, nil), resuming: true)
            finish(.done, nil)
            if M.deletes { Settler(world: world).closeGone(about + M.subjects(of: plan)) }
            return Result(action: action)
        case .superseded, .close, .park: return try end(action, type, plan)
        }
    }

    private func goBack<M: Mutation>(_ type: M.Type, _ plan: M.Plan) throws {
        if let steps = try M.stepsBackFromImage(plan, world) {
            world.progress.undoing = nil
            return try Runner(world: world).forward(steps, resuming: true)
        }
        if world.progress.undoing == nil {
            world.progress.undoing = try M.undoingBegins(plan, world)
        }
        try Runner(world: world).backward(
            try M.steps(plan, nil), wasBegun: try begun(type, plan))
    }

    /// Ends the operation as it is; what is of no use to anybody is removed.
    private func end<M: Mutation>(_ action: Action, _ type: M.Type, _ plan: M.Plan) throws -> Result
    {
        let isOurs = try anotherDaemon() == nil
        if isOurs { try M.removeRemains(plan, world) }
        switch action {
        case .close(let state, let why): finish(state, why)
        case .park(let why): park(why)
        case .superseded(let other): finish(.failed, "\(other) has taken over")
        case .back, .forward: break
        }
        return Result(action: action)
    }

    private func action<M: Mutation>(_ type: M.Type) throws -> Action {
        guard let plan = operation.plan(of: type) else {
            return .park("its plan cannot be read by this version")
        }
        if let other = try anotherDaemon() { return .park(other) }
        try requirePossible(M.rule)
        let question = RecoveryTable.Question(
            rule: M.rule, direction: operation.direction, begun: try hasBegun(type, plan),
            asker: asker, hasToldError: hasToldError)
        return RecoveryTable.action(question, try M.situation(plan, world))
    }

    /// Whether the director's call names what the operation has made.
    private func isMade<M: Mutation>(_ type: M.Type, _ plan: M.Plan, among subjects: [Subject])
        -> Bool
    {
        M.subjects(of: plan).filter { $0.kind == M.makes }.contains(where: subjects.contains)
    }

    private func finish(_ state: Operation.State, _ error: String?, byOperator: Bool = false) {
        world.recorder.record(
            .outcome(state, error: error, byOperator: byOperator), durable: true)
    }

    private func requirePossible(_ rule: RecoveryRule) throws {
        guard let wish = asker.wish else { return }
        if rule == .finish {
            // What is there still is kept, unless somebody wants the deletion finished.
            guard wish == .backward else { return }
            throw CPIError.cloud("\(operation.method) cannot be rolled back; leave out --back")
        }
        guard rule == .replacement else {
            throw CPIError.cloud(
                "\(operation.method) has one way to go; leave out --back and --forward")
        }
        guard wish == .backward || operation.direction == .forward || operation.state == .parked
        else {
            throw CPIError.cloud(
                "operation \(operation.id) has begun to go back and cannot go forward")
        }
    }

    /// A 404 from another daemon than the operation's own would not mean "gone".
    func anotherDaemon() throws -> String? {
        guard try world.isOnAnotherDaemon(operation) else { return nil }
        let address = RecordedOwner(operation)?.daemonAddress ?? "another address"
        return "it was begun on another Docker daemon (\(address)); run recovery with that one's "
            + "configuration"
    }
}
