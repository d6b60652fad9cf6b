import Engine
import Journal

/// Settles what dead operations left on a VM or disk, before something new is done to it.
struct Settlement {
    let world: World

    /// Each dead operation that is about one of these subjects, oldest first. The caller has their
    /// locks. Throws `CPIError` when one cannot be settled: nothing new may be done on top of it.
    func settle(_ subjects: [Subject]) throws {
        for operation in try dead(subjects) { try settle(operation, subjects) }
        for vm in try vmsWithAsides(subjects) { try tidy(vm) }
    }

    /// Puts in order what a VM has under other names than its own. The caller has its lock. Returns
    /// whether a container that was kept aside is removed.
    @discardableResult
    func tidy(_ vm: VMCID) throws -> Bool {
        // Most VMs have nothing: one request says so.
        guard try !world.otherContainers(vm).isEmpty else { return false }
        try Strays(world: world).clear(vm)
        return try clearAsides(vm)
    }

    /// Throws when another machine may be at work on the VM.
    func requireNobodyElse(_ vm: VMCID) throws {
        if let trace = try mark(on: vm) { try requireHere(trace) }
    }

    private func mark(on vm: VMCID) throws -> Traces.Trace? {
        try world.engine.volume(vm.mark).flatMap { Traces.Trace(mark: $0) }
    }

    private func requireHere(_ trace: Traces.Trace) throws {
        let isKnown = world.recorder.read { try $0.contains(trace.operation.id) } ?? false
        guard !isKnown, trace.mayLiveElsewhere(at: world.clock.wall()) else { return }
        throw CPIError(
            kind: .cloud,
            message: "operation \(trace.operation.id) (\(trace.operation.method)) was begun on "
                + "machine \(trace.host.prefix { $0 != " " }) at \(trace.since) and may be at work there; "
                + "if it is not: cpi-admin recover --from-docker --older-than 0 --yes")
    }

    /// The VMs named, and those whose asides still list a disk that is named.
    private func vmsWithAsides(_ subjects: [Subject]) throws -> Set<VMCID> {
        var vms = Set(subjects.filter { $0.kind == .vm }.map { VMCID($0.cid) })
        for disk in subjects where disk.kind == .disk {
            for holder in try world.holders(of: DiskCID(disk.cid)) {
                if let end = holder.firstRange(of: ".old-") {
                    vms.insert(VMCID(String(holder[..<end.lowerBound])))
                }
            }
        }
        return vms
    }

    /// Removes what a VM's present container has replaced, once its agent has been seen. A VM that
    /// an operation is at work on is left alone. Returns whether anything was removed.
    private func clearAsides(_ vm: VMCID) throws -> Bool {
        let asides = try world.otherContainers(vm).filter { $0.name.hasPrefix("\(vm).old-") }
        guard !asides.isEmpty, try world.engine.volume(vm.mark) == nil,
            let current = try world.engine.container(vm.description), current.isRunning,
            asides.contains(where: { $0.id == current.labels[Label.replaces] }),
            try AgentProbe(world: world).isUp(current.id)
        else { return false }
        try world.removeAsides(vm)
        try world.removeUnusedImages(vm)
        world.warn("the agent of VM \(vm) has been seen: its old container is removed")
        return true
    }

    /// Unmade VMs of this director that `isInTheWay` says yes to.
    func settleUnmade(_ isInTheWay: (Container) -> Bool) throws {
        for trace in try Traces(world: world).unmadeVMs() {
            guard trace.operation.director == world.request.director,
                !world.locks.isOwned(trace.operation.id),
                !trace.mayLiveElsewhere(at: world.clock.wall()),
                let vm = trace.subjects.first?.cid,
                let container = try world.engine.container(VMCID(vm).unmade),
                isInTheWay(container)
            else { continue }
            try settle(known(trace), [])
        }
    }

    /// Stemcells that nobody has got the CID of, as far as the journal tells. What cannot be settled
    /// is in nobody's way.
    func settleUnmadeStemcells() {
        let open = world.recorder.read { try $0.open() } ?? []
        for operation in open
        where operation.method == CreateStemcell.name && operation.state == .running
            && !world.locks.isOwned(operation.id)
        {
            do {
                try settle(operation, [])
            } catch {
                world.logger.warning("operation \(operation.id) stays open: \(error)")
            }
        }
    }

    /// After something was deleted: what was left open or parked about it is over.
    func closeGone(_ subjects: [Subject]) {
        let gone = Set(subjects.filter { $0.kind != .agent })
        let open = world.recorder.read { journal in
            try journal.open().filter {
                try !gone.isDisjoint(with: journal.subjects(of: $0.id))
            }
        }
        for operation in open ?? [] where operation.id != world.operation {
            guard !world.locks.isOwned(operation.id) else { continue }
            do {
                try recovery(operation).settle()
            } catch {
                world.logger.warning("operation \(operation.id) stays open: \(error)")
            }
        }
    }

    private func settle(_ operation: Operation, _ subjects: [Subject]) throws {
        let owner = try world.locks.own(operation.id)
        defer { owner.forEach { $0.release() } }
        // Where nobody can have a lock, nobody can be known to be dead.
        guard !owner.isEmpty else { return }
        let recovery = recovery(operation)
        defer { world.recorder.watch(world.engine, effectsOnly: true) }
        guard operation.attempts < Recovery.maximalAttempts || operation.state == .parked else {
            let why = "recovery failed \(operation.attempts) times"
            recovery.world.recorder.record(
                .outcome, data: ["state": "parked", "error": .string(why)])
            throw blocked(operation, why)
        }
        world.logger.info(
            "settling operation \(operation.id) (\(operation.method)), which was interrupted")
        do {
            let action = try recovery.settle(knownTo: subjects)
            world.warn(
                "operation \(operation.id) (\(operation.method)) was interrupted: \(action.words)")
        } catch let failure as StepFailure {
            throw blocked(operation, "\(failure.step): \(failure.cause)")
        }
    }

    private func recovery(_ operation: Operation) -> Recovery {
        let recorder = world.recorder.resuming(operation.id)
        recorder.watch(world.engine, effectsOnly: true)
        let context = CallContext(
            director: operation.director, requestID: operation.request, isVersion2: true)
        return Recovery(
            world: world.acting(as: operation.id, context, recorder), operation: operation)
    }

    private func dead(_ subjects: [Subject]) throws -> [Operation] {
        let wanted = Set(subjects)
        let named = wanted.filter { $0.kind != .agent }
        let found = world.recorder.read { journal in
            try journal.open().filter { operation in
                let its = try journal.subjects(of: operation.id)
                guard operation.state == .parked else { return !wanted.isDisjoint(with: its) }
                // Parked for want of an answer; a director that names it did get the answer.
                let makes = [CreateVM.name, CreateDisk.name].contains(operation.method)
                return makes && !named.isDisjoint(with: its)
            }
        }
        var operations = (found ?? []).filter { !world.locks.isOwned($0.id) }
        for subject in subjects where subject.kind == .vm {
            guard let marked = try marked(VMCID(subject.cid)) else { continue }
            if !operations.contains(where: { $0.id == marked.id }) { operations.append(marked) }
        }
        return operations
    }

    /// What a mark in Docker tells of an operation, whatever the journal says; nil when its owner
    /// lives. Throws when it may live on another machine.
    private func marked(_ vm: VMCID) throws -> Operation? {
        guard let found = try mark(on: vm), !world.locks.isOwned(found.operation.id) else {
            return nil
        }
        try requireHere(found)
        return known(found)
    }

    /// The journal's word on an operation if it is still open there, else what Docker tells.
    private func known(_ trace: Traces.Trace) -> Operation {
        world.recorder.adopt(trace.operation, trace.subjects)
        let recorded = world.recorder.read { try $0.operation(trace.operation.id) }
        guard let recorded, recorded.isRecorded, recorded.state == .running else {
            return trace.operation
        }
        return recorded
    }

    private func blocked(_ operation: Operation, _ why: String) -> CPIError {
        CPIError(
            kind: .cloud,
            message:
                "operation \(operation.id) (\(operation.method)) was interrupted and cannot be "
                + "settled: \(why); next: cpi-admin recover \(operation.id)")
    }
}
