import Engine
import Journal

/// Settles what dead operations left on a VM or disk, before something new is done to it.
struct Settlement {
    let world: World

    /// Each dead operation that is about one of these subjects, oldest first. The caller has their
    /// locks. Throws `CPIError` when one cannot be settled: nothing new may be done on top of it.
    func settle(_ subjects: [Subject]) throws {
        for operation in try dead(subjects) { try settle(operation) }
    }

    private func settle(_ operation: Operation) throws {
        guard let lock = try world.locks.own(operation.id) else { return }
        defer { lock.release() }
        let recorder = world.recorder.resuming(operation.id)
        recorder.watch(world.engine, effectsOnly: true)
        defer { world.recorder.watch(world.engine, effectsOnly: true) }
        let context = CallContext(
            director: operation.director, requestID: operation.request, isVersion2: true)
        let recovery = Recovery(
            world: world.acting(as: operation.id, context, recorder), operation: operation)
        guard operation.attempts < Recovery.maximalAttempts else {
            let why = "recovery failed \(operation.attempts) times"
            recorder.record(.outcome, data: ["state": "parked", "error": .string(why)])
            throw blocked(operation, why)
        }
        world.logger.info("settling operation \(operation.id) (\(operation.method)), which was interrupted")
        do {
            let action = try recovery.settle()
            world.warn("operation \(operation.id) (\(operation.method)) was interrupted: \(action.words)")
        } catch let failure as StepFailure {
            throw blocked(operation, "\(failure.step): \(failure.cause)")
        }
    }

    private func dead(_ subjects: [Subject]) throws -> [Operation] {
        let wanted = Set(subjects)
        let found = world.recorder.read { journal in
            try journal.open().filter { operation in
                guard operation.mutating, operation.state == .running else { return false }
                return try !wanted.isDisjoint(with: journal.subjects(of: operation.id))
            }
        }
        var operations = (found ?? []).filter { !world.locks.isOwned($0.id) }
        for subject in subjects where subject.kind == .vm {
            guard let marked = try marked(VMCID(subject.cid)) else { continue }
            if !operations.contains(where: { $0.id == marked.id }) { operations.append(marked) }
        }
        return operations
    }

    /// What a mark in Docker tells of an operation that no journal knows; nil when its owner lives.
    private func marked(_ vm: VMCID) throws -> Operation? {
        guard let labels = try world.engine.volume(vm.mark)?.labels,
            let id = labels[Label.operation], let method = labels[Label.method],
            let plan = labels[Label.plan], !world.locks.isOwned(id)
        else { return nil }
        return Operation(
            unrecorded: id, method: method, plan: plan, step: "mark \(vm)",
            director: labels[Label.director])
    }

    private func blocked(_ operation: Operation, _ why: String) -> CPIError {
        CPIError(
            kind: .cloud,
            message: "operation \(operation.id) (\(operation.method)) was interrupted and cannot be "
                + "settled: \(why); next: cpi-admin recover \(operation.id)")
    }
}
