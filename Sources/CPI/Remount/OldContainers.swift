import Engine

/// A VM's containers under other names than its own, where no operation is at work: what a
/// replacement has left until the agent is seen, and what a Docker that hung has done too late.
struct OldContainers {
    let world: World

    /// What is out of order with a VM, and is beyond doubt.
    private enum Disorder {
        /// The VM's name is free, and this is the container that ran last.
        case nameless(Container)
        /// A replacement beside the container that it was to replace: it never ran.
        case unneeded(Container, beside: Container)
        /// It was replaced, and another container of the VM holds all that it holds. That one's agent is up, or a disk
        /// that the old one has is to go to another VM.
        case held(Container)
    }

    /// Puts a VM's containers in order, as far as no doubt is left. The caller has its lock, and has
    /// settled what is known to be open. Volumes are never touched. `disk`: it is to go to another VM, and no old
    /// container is to keep it that is needed no more. Returns whether anything was done.
    @discardableResult
    func tidy(_ vm: VMCID, freeing disk: DiskCID? = nil) throws -> Bool {
        let disorders = try disorders(vm, freeing: disk)
        var held: Set<String> = []
        for disorder in disorders {
            switch disorder {
            case .nameless(let container):
                try world.giveNameBack(container, of: vm)
                world.warn("container \(container.name) is VM \(vm): it has its name back")
                try tidy(vm, freeing: disk)
            case .unneeded(let next, let current):
                try world.removeContainer(next.id, .neverRan(beside: current.id))
                world.warn(
                    "container \(next.name) never ran, and no operation needs it: it is removed")
            case .held(let container): held.insert(container.id)
            }
        }
        if try !held.isEmpty && removeHeld(vm, among: held) { try world.removeUnusedImages(vm) }
        return !disorders.isEmpty
    }

    /// What `tidy` would do, in words; empty for nothing. Changes nothing.
    func plan(_ vm: VMCID) throws -> [String] {
        try disorders(vm).map { disorder in
            switch disorder {
            case .nameless(let container):
                let state = container.isRunning ? "" : "; it is stopped, and stays so"
                return "give container \(container.name) its name back: it is VM \(vm)\(state)"
            case .unneeded(let next, _):
                return "remove container \(next.name): it never ran, and no operation needs it"
            case .held(let container):
                return
                    "remove container \(container.name): it was replaced, and VM \(vm) holds all "
                    + "that it holds"
            }
        }
    }

    private func disorders(_ vm: VMCID, freeing disk: DiskCID? = nil) throws -> [Disorder] {
        let others = try world.containers(of: vm).filter {
            $0.role != .vm && $0.role != .incomplete
        }
        // Most VMs have none.
        guard !others.isEmpty, try world.engine.volume(vm.mark) == nil else { return [] }
        guard let current = try world.engine.container(vm.description) else {
            return try nameless(vm, others).map { [.nameless($0)] } ?? []
        }
        guard current.isVM(vm) else { return [] }
        let unneeded = try unneeded(vm, beside: current).map {
            [Disorder.unneeded($0, beside: current)]
        }
        let isAgentUp = try current.isRunning && AgentProbe(world: world).isAgentUp(current)
        let held = try old(vm).filter { old in
            let frees = disk.map { old.hasInPlace($0) && !current.hasInPlace($0) } ?? false
            guard isAgentUp || frees else { return false }
            return try world.isHeld(old, vm)
        }
        return (unneeded ?? []) + held.map(Disorder.held)
    }

    private func old(_ vm: VMCID) throws -> [Container] {
        try world.containers(of: vm).filter { $0.role?.isOld == true }
            .compactMap { try world.engine.container($0.id) }
    }

    /// Removes the old containers that hold nothing which another container of the VM does not hold.
    /// One that was replaced first goes first. `ids`: no others than these; nil for all. Returns whether there were any.
    @discardableResult
    func removeHeld(_ vm: VMCID, among ids: Set<String>? = nil) throws -> Bool {
        var isAny = false
        for container in ordered(try old(vm)) where ids?.contains(container.id) != false {
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

    /// The VM's name is free. The container that ran last, when there is no doubt which.
    private func nameless(_ vm: VMCID, _ others: [World.MemberContainer]) throws -> Container? {
        let ran = try others.compactMap { try world.engine.container($0.id) }
            .filter { $0.wasStarted && vm.isNamed(by: $0.labels) }
        let candidates = try ran.filter { try !world.isHeld($0, vm) || ran.count == 1 }
        return candidates.count == 1 ? candidates.first : nil
    }
}
