import Engine
import Journal

/// Finds the operations whose process died: in the journal, and by the marks, names and labels that
/// they have left in Docker. Changes nothing.
///
/// One look: Docker is asked once for who has a volume. Whoever has waited for something, or has done
/// something, searches anew.
final class Search {
    let world: World
    private var users: [String: [ContainerSummary]] = [:]
    private var holders: [String: [World.DiskHolder]] = [:]

    init(world: World) { self.world = world }

    /// Those about these VMs, disks or agents, oldest first. Throws `CPIError` when one may be at work
    /// on another machine, else `EngineError`.
    func about(_ subjects: [Subject]) throws -> [OpenOperation] {
        let wanted = Set(subjects)
        let named = wanted.filter { $0.kind != .agent }
        var found = journaled { one in
            guard one.operation.state == .parked else {
                return !wanted.isDisjoint(with: one.subjects)
            }
            // Parked for want of an answer; a director that names it did get the answer.
            return one.made.map(named.contains) ?? false
        }
        for vm in try vms(of: subjects) {
            guard let marked = try marked(vm), !found.contains(where: { $0.id == marked.id }) else {
                continue
            }
            found.append(marked)
        }
        for copy in try copies(about: named).compactMap(inJournal)
        where !found.contains(where: { $0.id == copy.id }) { found.append(copy) }
        let dead = found.filter { !world.locks.isOwned($0.id) }
        for one in dead where one.operation.state == .running { try world.requireDead(one) }
        return dead.sorted { $0.id < $1.id }
    }

    /// The VMs named, and those that hold a disk which is named.
    func vms(of subjects: [Subject]) throws -> [VMCID] {
        var vms = Set(subjects.filter { $0.kind == .vm }.map { VMCID($0.cid) })
        for disk in subjects where disk.kind == .disk {
            vms.formUnion(try holders(of: DiskCID(disk.cid)).compactMap(\.vm))
        }
        return vms.sorted()
    }

    private func holders(of disk: DiskCID) throws -> [World.DiskHolder] {
        if let known = holders[disk.description] { return known }
        let found = try world.holders(of: disk, among: users(of: disk.description))
        holders[disk.description] = found
        return found
    }

    private func users(of volume: String) throws -> [ContainerSummary] {
        if let known = users[volume] { return known }
        let found = try world.users(ofVolume: volume)
        users[volume] = found
        return found
    }

    /// Copies that read or fill one of these disks and snapshots: what copies has both among its mounts.
    private func copies(about subjects: Set<Subject>) throws -> [OpenOperation] {
        try subjects.filter { $0.kind == .disk || $0.kind == .snapshot }
            .flatMap { try users(of: $0.cid) }.compactMap(Traces.copy)
            .filter { !subjects.isDisjoint(with: $0.subjects) }
    }

    /// Throws `CPIError` when an operation on the VM may be at work on another machine. `but`: not that one.
    func requireNothingOnAnotherMachine(_ vm: VMCID, but operation: String? = nil) throws {
        guard let marked = try marked(vm), marked.id != operation, !world.locks.isOwned(marked.id)
        else { return }
        try world.requireDead(marked)
    }

    /// Incomplete VMs of this director that `isInTheWay` says yes to. What may live elsewhere is left
    /// alone.
    func incompleteVMs(_ isInTheWay: (Container) throws -> Bool) throws -> [OpenOperation] {
        try Traces(world: world).incompleteVMs().filter { trace in
            guard trace.operation.director == world.request.director,
                world.isDead(trace),
                let vm = trace.subjects.first?.cid,
                let container = try world.engine.container(VMCID(vm).incomplete)
            else { return false }
            return try isInTheWay(container)
        }.compactMap(inJournal)
    }

    /// Stemcells that nobody has got the CID of, as far as the journal tells.
    func incompleteStemcells() -> [OpenOperation] {
        journaled {
            $0.operation.method == CreateStemcell.name && $0.operation.state == .running
                && world.isDead($0)
        }
    }

    /// Everything open or parked about these subjects that nobody is at work on.
    func openAbout(_ subjects: [Subject]) -> [OpenOperation] {
        let wanted = Set(subjects.filter { $0.kind != .agent })
        return journaled {
            !wanted.isDisjoint(with: $0.subjects) && !world.locks.isOwned($0.id)
        }.filter { $0.id != world.operation }
    }

    /// Throws `CPIError` when an operator has parked an operation about one of these: until it is resolved or
    /// recovered, what it is about is not deleted.
    func requireNoneParkedByOperator(_ subjects: [Subject]) throws {
        guard let parked = openAbout(subjects).first(where: \.isParkedByOperator) else {
            return
        }
        throw CPIError.cloud(
            "\(parked.title): \(parked.operation.error ?? "it is parked"); "
                + "next: \(RecoveryCommand.of(parked.id))")
    }

    /// The operation that has its mark on the VM, if any: as the journal tells it while it is open
    /// there, else as Docker tells it. Nil for one that was left to a person.
    private func marked(_ vm: VMCID) throws -> OpenOperation? {
        try world.engine.volume(vm.mark).flatMap { Traces.trace(mark: $0) }.flatMap(inJournal)
    }

    /// What the journal says of an operation that Docker tells of; nil when it was left to a person.
    private func inJournal(_ trace: OpenOperation) -> OpenOperation? {
        let known = world.recorder.store.read { journal -> OpenOperation? in
            try journal.find(trace.id).map { try OpenOperation($0, in: journal) }
        }
        guard let known else { return trace }
        switch known.operation.state {
        case .running: return known
        case .parked: return nil
        // Whoever has the CID may have used the VM; somebody has renamed its container since.
        case .done where known.operation.method == CreateVM.name: return nil
        case .done, .failed, .rolledBack: return trace
        }
    }

    /// Only what is about this daemon: another one's is nobody's business here.
    private func journaled(_ isWanted: (OpenOperation) -> Bool) -> [OpenOperation] {
        let open = world.recorder.store.read { try $0.openMutations() }
        return (open ?? []).filter { one in
            isWanted(one) && (try? world.isOnAnotherDaemon(one.operation)) != true
        }
    }
}
