import Engine

/// A VM's containers under other names than its own, where no operation is at work: what a
/// replacement has left until the agent is seen, and what a Docker that hung has done too late.
struct OldContainers {
    let world: World

    /// Puts a VM's containers in order, as far as no doubt is left. The caller has its lock, and has
    /// settled what is known to be open. Never a volume is touched. Returns whether anything was done.
    @discardableResult
    func tidy(_ vm: VMCID) throws -> Bool {
        let others = try world.containers(of: vm).filter {
            $0.role != .vm && $0.role != .incomplete
        }
        // Most VMs have none.
        guard !others.isEmpty, try world.engine.volume(vm.mark) == nil else { return false }
        guard let current = try world.engine.container(vm.description) else {
            return try giveNameBack(vm, others)
        }
        let wasCleared = try removeReplacement(vm, beside: current)
        guard current.isRunning, try AgentProbe(world: world).isUp(current),
            try removeHeld(vm)
        else { return wasCleared }
        try world.removeUnusedImages(vm)
        return true
    }

    /// Removes the old containers that hold nothing which another container of the VM does not hold.
    /// One that was replaced first goes first. Returns whether there were any.
    @discardableResult
    func removeHeld(_ vm: VMCID) throws -> Bool {
        let old = try world.containers(of: vm).filter {
            if case .old = $0.role { true } else { false }
        }.compactMap { try world.engine.container($0.id) }
        var isAny = false
        for container in ordered(old) {
            do {
                try world.removeContainer(container.id, .heldBySuccessor(vm))
                isAny = true
            } catch is LastCopy {
                continue
            }
        }
        return isAny
    }

    /// A container before those that replace it: its successor is what it is compared with.
    private func ordered(_ containers: [Container]) -> [Container] {
        var rest = containers
        var ordered: [Container] = []
        while !rest.isEmpty {
            let ids = Set(rest.map(\.id))
            let next =
                rest.firstIndex { !ids.contains($0.labels[Label.replaces] ?? "") }
                ?? rest.startIndex
            ordered.append(rest.remove(at: next))
        }
        return ordered
    }

    /// A replacement beside the container that it was to replace: it never ran.
    private func removeReplacement(_ vm: VMCID, beside current: Container) throws -> Bool {
        guard let next = try world.engine.container(vm.replacement), !next.wasStarted,
            next.labels[Label.replaces] == current.id, next.labels[Label.vm] == vm.description
        else { return false }
        try world.removeContainer(next.id, .neverRan(beside: current.id))
        world.warn(
            "container \(vm.replacement) never ran, and no operation needs it: it is removed")
        return true
    }

    /// The VM's name is free. Gives it to the container that ran last, when there is no doubt which.
    private func giveNameBack(_ vm: VMCID, _ others: [World.MemberContainer]) throws -> Bool {
        let ran = try others.compactMap { try world.engine.container($0.id) }
            .filter { $0.wasStarted && ($0.labels[Label.vm] == vm.description || vm.isGoCPIs) }
        let candidates = try ran.filter { try !world.isHeld($0, vm) || ran.count == 1 }
        guard candidates.count == 1, let container = candidates.first else { return false }
        try world.engine.renameContainer(container.id, to: vm.description)
        world.warn("container \(container.name) is VM \(vm): it has its name back")
        try tidy(vm)
        return true
    }
}
