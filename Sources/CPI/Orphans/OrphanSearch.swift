import Engine
import Journal

/// Compares Docker with the journal. Removes nothing.
struct OrphanSearch {
    let world: World

    func all() throws -> [Orphan] {
        let containers = try world.engine.containers(.label(Label.vm))
        // One that is run by hand from a copy of the VM is not the VM.
        let vms = Set(
            containers.filter { !Label.isRunByHand($0.labels) }
                .compactMap { $0.labels.label(Label.vm) })
        // The Go CPI sets no labels: its VMs are known by their volumes.
        let volumes = try world.engine.volumes([:])
        let goCPIs = volumes.compactMap { VMCID.role(of: $0.name)?.vm }
            .filter(\.isGoCPIs).map(\.description)
        let images = try OrphanImages(
            world: world, vms: vms, marks: volumes.filter { $0.labels[Label.plan] != nil })
        let unanswered = try UnansweredCalls(world: world).open()
        let found =
            try interrupted(besides: Set(unanswered.map(\.id))) + unanswered.map(\.orphan)
            + oldContainers(vms.union(goCPIs)) + images.all()
            + pins() + orphans(among: volumes, vms.union(images.lastCopies)) + networks()
        let lost = try UnansweredCalls(world: world).lost()
        return found + lost.filter { one in !found.contains { $0.name == one.name } }
    }

    /// By their traces in Docker, and those that have left none which can be told, by the journal. `known`:
    /// what they have made is named already.
    private func interrupted(besides known: Set<String>) throws -> [Orphan] {
        let traces = try Traces(world: world).unowned().filter { $0.damage != nil || !isDone($0) }
        let open = world.recorder.store.read { try $0.openMutations() }
        let named = known.union(traces.map(\.id))
        let others = try (open ?? []).filter { one in
            // It may have ended, and let go of its lock, since.
            try one.operation.state.isOpen && !named.contains(one.id) && world.isDead(one)
                && world.recorder.store.read { try $0.find(one.id)?.state.isOpen } == true
                && !world.isOnAnotherDaemon(one.operation)
        }
        let recorded = Set((open ?? []).map(\.id))
        return (traces + others).map { one in
            Orphan(
                kind: .operation, name: one.id,
                reason: one.damage ?? words(one),
                command: "\(recorded.contains(one.id) ? .of(one.id) : world.recovery(of: one))",
                removal: .never("it is to be settled, not removed")
            ).of(director: world.otherDirector([Label.director: one.operation.director ?? ""]))
        }
    }

    /// Recovery may have left to a person what Docker still shows the traces of.
    private func words(_ one: OpenOperation) -> String {
        guard !world.mayLiveOnAnotherMachine(one) else {
            return
                "\(one.operation.method) was begun on machine \(one.host) (since \(one.since)), and may be "
                + "at work there"
        }
        let known = world.recorder.store.read { try $0.find(one.id) }
        return "\(one.operation.method) was "
            + (known?.state == .parked ? "left to a person" : "interrupted")
            + " (since \(one.since))"
    }

    /// The journal says that it has ended well: an agent that has unmounted its disk since looks in Docker
    /// like an attach_disk that was killed. No other operation that has ended leaves traces.
    private func isDone(_ trace: OpenOperation) -> Bool {
        guard trace.operation.diskChange != nil else { return false }
        return world.recorder.store.read { try $0.find(trace.id)?.state == .done } ?? false
    }

    /// Containers that were replaced. One that holds what no other container of the VM holds is for a
    /// person to compare.
    private func oldContainers(_ vms: Set<String>) throws -> [Orphan] {
        try vms.sorted().flatMap { cid in
            let vm = VMCID(cid)
            return try world.containers(of: vm).compactMap { member -> Orphan? in
                if member.role == nil {
                    return Orphan(
                        kind: .container, name: member.name,
                        reason: "is VM \(vm), and was renamed by hand",
                        command: "docker rename \(member.name) \(vm)",
                        removal: .never("it is a VM"))
                }
                guard case .old = member.role,
                    let container = try world.listed(member.id, called: member.name)
                else { return nil }
                guard try world.isThere(cid, { $0.isVM(vm) }) else {
                    guard try !isBeingReplaced(vm) else { return nil }
                    return Orphan(
                        kind: .container, name: member.name,
                        reason: "has lost its name, and may be all that is left of VM \(vm)",
                        command: "\(RecoveryCommand.of(vm))",
                        removal: .never("it may be the VM"))
                }
                guard try world.isHeld(container, vm) else {
                    return Orphan(
                        kind: .container, name: member.name,
                        reason:
                            "has run, and may hold what VM \(vm) does not: compare it, it is kept",
                        command: "docker diff \(member.name); then docker rm \(member.name)")
                }
                return Orphan(
                    kind: .container, name: member.name,
                    reason: "was replaced, and is kept until the VM's agent has been seen",
                    command: "\(RecoveryCommand.all.yes), once the agent is up",
                    removal: .never("it goes with \(RecoveryCommand.all.yes), once the agent is up")
                )
            }
        }
    }

    /// Between two renames no container has the VM's name: the call that is at it says so by its mark, or has just
    /// ended.
    private func isBeingReplaced(_ vm: VMCID) throws -> Bool {
        if let mark = try world.engine.volume(vm.mark) { return world.mayBeAtWork(mark.labels) }
        return try world.isThere(vm.description) { $0.isVM(vm) }
    }

    /// The disk itself is the director's.
    private func pins() throws -> [Orphan] {
        try world.engine.containers(.label(Label.pinnedTo)).compactMap { summary in
            guard let pin = try world.listed(summary), try world.isAbandoned(pin)
            else {
                return nil
            }
            return Orphan(
                kind: .container, name: pin.name, reason: "pins a disk to a VM that is gone",
                command: "docker rm -f \(pin.name)", removal: .pin
            ).of(director: world.otherDirector(pin.labels))
        }
    }

    /// What a call made whose failure was told: Docker, out of reach for a while, has made it since.
    func madeLate(_ made: Subject, by method: String, _ labels: [String: String]) -> String? {
        guard let id = labels[Label.operation] else { return nil }
        let last = world.recorder.store.read { try $0.last(about: made) }
        guard let last, last.id == id, last.method == method,
            [.failed, .rolledBack].contains(last.state)
        else { return nil }
        return "\(method) \(id) has failed, and Docker has made it afterwards"
    }

    /// Made for a VM and used by none: the next create_vm may want it again. A director's is its own, unless
    /// the director cannot know it.
    private func networks() throws -> [Orphan] {
        try world.engine.networks().compactMap { network in
            let late = madeLate(
                Subject(.network, network.name), by: CreateNetwork.name, network.labels)
            guard network.isMadeByCPI, late != nil || !network.isDirectors,
                !world.mayBeAtWork(network.labels), try world.users(of: network.name).isEmpty
            else { return nil }
            // A director's may be removed by hand alone: see `unusedNetwork`.
            return Orphan(
                kind: .network, name: network.name, reason: late ?? "no VM uses it any more",
                command: "docker network rm \(network.name)",
                removal: network.isDirectors ? .byCommand : .network
            ).of(director: world.otherDirector(network.labels))
        }
    }
}
