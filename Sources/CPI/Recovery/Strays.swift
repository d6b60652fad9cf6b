import Engine

/// Names that are out of place though no operation is at work: Docker has carried out a request of a
/// remount after the CPI had given it up and gone back. A daemon that hung does so.
struct Strays {
    let world: World

    /// Gives the VM's container its name back, and removes a replacement that never ran. The caller
    /// has the VM's lock, and has settled what is known to be open. Never a volume is touched.
    func clear(_ vm: VMCID) throws {
        let others = try world.otherContainers(vm)
        guard !others.isEmpty, try world.engine.volume(vm.mark) == nil else { return }
        guard let current = try world.engine.container(vm.description) else {
            return try giveBack(vm, others.map(\.id))
        }
        guard let next = try world.engine.container(vm.replacement), !next.wasStarted,
            next.labels[Label.replaces] == current.id, next.labels[Label.vm] == vm.description
        else { return }
        try world.removeContainer(next.id)
        world.warn("container \(vm.replacement) never ran and belonged to nobody: it is removed")
    }

    /// With one container that has run there is no doubt which one the VM is.
    private func giveBack(_ vm: VMCID, _ others: [String]) throws {
        let containers = try others.compactMap { try world.engine.container($0) }
        let ran = containers.filter { $0.wasStarted && $0.labels[Label.vm] == vm.description }
        guard ran.count == 1, let container = ran.first else { return }
        try world.engine.renameContainer(container.id, to: vm.description)
        world.warn("container \(container.name) is VM \(vm): it has its name back")
        try clear(vm)
    }
}
