import Engine

/// A VM's containers under other names than its own, where no operation is at work: what a
/// replacement has left until the agent is seen, and what a Docker that hung has done too late.
struct OldContainers {
    let world: World

    /// Puts a VM's containers in order, as far as no doubt is left. The caller has its lock, and has
    /// settled what is known to be open. Volumes are never touched. Returns whether anything was done.
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

    /// What `tidy` would do, in words; empty for nothing. Changes nothing.
    func plan(_ vm: VMCID) throws -> [String] {
        let others = try world.containers(of: vm).filter {
            $0.role != .vm && $0.role != .incomplete
        }
        guard !others.isEmpty, try world.engine.volume(vm.mark) == nil else { return [] }
        guard let current = try world.engine.container(vm.description) else {
            return try nameless(vm, others).map { container in
                let state = container.isUp ? "" : "; it is stopped, and stays so"
                return ["give container \(container.name) its name back: it is VM \(vm)\(state)"]
            } ?? []
        }
        var words: [String] = []
        if let next = try unneeded(vm, beside: current) {
            words.append("remove container \(next.name): it never ran, and no operation needs it")
        }
        guard current.isRunning, try AgentProbe(world: world).isUp(current) else { return words }
        return try words
            + old(vm).filter { try world.isHeld($0, vm) }.map {
                "remove container \($0.name): it was replaced, and VM \(vm) holds all that it holds"
            }
    }

    private func old(_ vm: VMCID) throws -> [Container] {
        try world.containers(of: vm).filter {
            if case .old = $0.role { true } else { false }
        }.compactMap { try world.engine.container($0.id) }
    }

    /// Removes the old containers that hold nothing which another container of the VM does not hold.
    /// One that was replaced first goes first. Returns whether there were any.
    @discardableResult
    func removeHeld(_ vm: VMCID) throws -> Bool {
        var isAny = false
        for container in ordered(try old(vm)) {
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
    private func unneeded(_ vm: VMCID, beside current: Container) throws -> Container? {
        guard let next = try world.engine.container(vm.replacement), !next.wasStarted,
            next.labels[Label.replaces] == current.id, next.labels[Label.vm] == vm.description
        else { return nil }
        return next
    }

    private func removeReplacement(_ vm: VMCID, beside current: Container) throws -> Bool {
        guard let next = try unneeded(vm, beside: current) else { return false }
        try world.removeContainer(next.id, .neverRan(beside: current.id))
        world.warn(
            "container \(vm.replacement) never ran, and no operation needs it: it is removed")
        return true
    }

    /// The VM's name is free. The container that ran last, when there is no doubt which.
    private func nameless(_ vm: VMCID, _ others: [World.MemberContainer]) throws -> Container? {
        let ran = try others.compactMap { try world.engine.container($0.id) }
            .filter { $0.wasStarted && ($0.labels[Label.vm] == vm.description || vm.isGoCPIs) }
        let candidates = try ran.filter { try !world.isHeld($0, vm) || ran.count == 1 }
        return candidates.count == 1 ? candidates.first : nil
    }

    private func giveNameBack(_ vm: VMCID, _ others: [World.MemberContainer]) throws -> Bool {
        guard let container = try nameless(vm, others) else { return false }
        try world.engine.renameContainer(container.id, to: vm.description)
        world.warn("container \(container.name) is VM \(vm): it has its name back")
        try tidy(vm)
        return true
    }
}
