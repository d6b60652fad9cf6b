import Engine
import Journal

/// What was made by calls whose answer may not have arrived: the director may not know its CID.
struct UnansweredCalls {
    let world: World

    /// By calls that died or were left to a person, whether somebody has settled them since or not, as far as no
    /// call has named it since; with the operation's id. Throws `EngineError`.
    func open() throws -> [(id: String, orphan: Orphan)] {
        try openCalls().compactMap { open, made in
            try orphan(made, open.operation, "its answer may not have arrived").map {
                (open.id, $0)
            }
        }
    }

    /// By calls that ended well and whose answer nobody has read, as far as the journal tells: what is
    /// still there, and what no call has named since. Throws `EngineError`.
    func lost() throws -> [Orphan] {
        let methods = Methods.mutations.filter { $0.makes != nil }.map { $0.name }
        return try lostCalls(of: methods, since: nil).compactMap { operation, made in
            let isKnown = operation.replied != nil
            return try orphan(
                made, operation,
                isKnown ? "nobody has read its answer" : "its answer may not have arrived")
        }
    }

    /// VMs made for that director within a day by calls of which it is seen that they were not answered: nobody
    /// has read the answer, or their process died before it. No call has named them since, and no operator
    /// looks after them. That a journal says nothing of an answer is not enough: it may have missed it.
    /// Throws `EngineError`.
    func vms(of director: String) throws -> [(Operation, Subject)] {
        // No index serves those that are not known to be lost: the calls of one day are few.
        let yesterday = world.clock.wall() - 86_400_000
        let lost = try lostCalls(of: [CreateVM.name], since: yesterday)
        let open = try openCalls().filter { !$0.0.isParkedByOperator }.map { ($0.operation, $1) }
        return try (open + lost).filter { operation, made in
            guard made.kind == .vm, operation.director == director, operation.started > yesterday,
                operation.replied != nil || world.locks.hasDied(operation.id),
                try isUnused(VMCID(made.cid))
            else { return false }
            let stillUnnamed = world.recorder.store.read { try unnamed(operation, in: $0) }
            return stillUnnamed == made
        }
    }

    /// Whether Docker shows no sign that somebody has the VM's CID, which the journal may have missed: that a
    /// disk was attached to it, or taken out of it. False where Docker cannot tell.
    private func isUnused(_ vm: VMCID) throws -> Bool {
        try world.orLeftOut("container \(vm)") {
            let container = try world.engine.container(vm.description)
            return try container?.labels.label(Label.replaces) == nil && world.pins(of: vm).isEmpty
        } ?? false
    }

    private func openCalls() throws -> [(OpenOperation, Subject)] {
        let open = world.recorder.store.read { try $0.openMutations() }
        return try (open ?? []).compactMap { one in
            let isLeft = one.operation.state == .parked || world.isDead(one)
            guard isLeft, let made = one.made, try !world.isOnAnotherDaemon(one.operation),
                world.recorder.store.read({ try unnamed(one.operation, in: $0) }) == made
            else { return nil }
            return (one, made)
        }
    }

    /// `since`: of those that are not known to be lost, only later ones.
    private func lostCalls(of methods: [String], since: Int64?) throws -> [(Operation, Subject)] {
        var lost = OperationFilter(methods: methods, states: [.done], limit: 1_000)
        lost.answer = .lost
        var unknown = lost
        (unknown.answer, unknown.since) = (.unknown, since)
        let found = world.recorder.store.read { journal in
            try (journal.operations(lost) + journal.operations(unknown)).compactMap { operation in
                try unnamed(operation, in: journal).map { (operation, $0) }
            }
        }
        return try (found ?? []).filter { operation, _ in
            try !world.locks.isOwned(operation.id) && !mayBeAnswering(operation)
                && !world.isOnAnotherDaemon(operation)
        }
    }

    /// A call that has just ended writes its answer before it says so in the journal.
    private func mayBeAnswering(_ operation: Operation) -> Bool {
        // What a clock that was ahead has dated is of long ago, or of now: its lock tells.
        let now = world.clock.wall()
        return operation.replied == nil && (now - 10_000...now).contains(operation.finished ?? 0)
    }

    /// What it has made; nil when a later call is about that.
    private func unnamed(_ operation: Operation, in journal: Journal) throws -> Subject? {
        guard let made = try OpenOperation(operation, in: journal).made else { return nil }
        return try journal.last(about: made)?.id == operation.id ? made : nil
    }

    /// Nil when it is not there, or is a VM or a network that is in use.
    private func orphan(_ made: Subject, _ operation: Operation, _ state: String) throws -> Orphan?
    {
        guard isWhole(operation), let (kind, command) = try kindAndCommand(made) else {
            return nil
        }
        return Orphan(
            kind: kind, name: made.cid,
            reason: "\(operation.method) \(operation.id) made it, and \(state)",
            command: command, removal: OrphanRemoval.unanswered(made))
    }

    /// A disk that is half filled from a snapshot is none yet: it is for recovery.
    private func isWhole(_ operation: Operation) -> Bool {
        guard operation.state != .done, operation.method == CreateDisk.name,
            let copier = operation.plan(of: CreateDisk.self)?.copier
        else { return true }
        let begun = world.recorder.store.read { try $0.begunSteps(of: operation.id) }
        return begun?.contains(Step.removeCopier(copier).name) == true
    }

    private func kindAndCommand(_ made: Subject) throws -> (kind: Orphan.Kind, command: String)? {
        let (engine, cid) = (world.engine, made.cid)
        switch made.kind {
        case .vm:
            guard try world.listed(cid, called: cid) != nil, try isUnused(VMCID(cid)) else {
                return nil
            }
            return (.container, "bosh delete-vm \(cid)")
        case .disk:
            guard try engine.volume(cid) != nil else { return nil }
            return (.volume, try world.removal(ofVolume: cid))
        case .snapshot:
            // The record last: without it the snapshot is not whole.
            let snapshot = SnapshotCID(cid)
            guard try engine.volume(cid) != nil, try engine.volume(snapshot.record) != nil else {
                return nil
            }
            let removal = try world.removal(ofVolume: cid)
            return (.volume, "\(removal) && docker volume rm \(snapshot.record)")
        case .stemcell:
            return try engine.image(cid).map { _ in (.image, "docker image rm \(cid)") }
        case .network:
            guard try engine.network(cid) != nil, try world.users(of: cid).isEmpty else {
                return nil
            }
            return (.network, "docker network rm \(cid)")
        case .agent: return nil
        }
    }
}
