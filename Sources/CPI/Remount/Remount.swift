import Engine
import Journal

/// How a VM gets from its mounts to other ones: the plan of attach_disk and detach_disk.
///
/// Docker cannot change the mounts of a container. It is replaced by one made from it, which keeps
/// its writable layer, its volumes, its addresses and its labels; the old one goes last.
struct Remount: Codable {
    enum Change: String, Codable {
        /// The state asked for is there already.
        case nothing
        /// The container lists the mount, but inside it is gone: a start brings it back.
        case restart
        case replace
    }

    var change: Change
    /// attach_disk or detach_disk.
    var method: String
    var operation: String
    var vm: VMCID
    var disk: DiskCID
    /// The id of the container as it was.
    var old = ""
    var wasRunning = true
    /// Only if it would bring the old container up behind our back.
    var restartPolicy: String?
    /// By network, as they are while the VM runs.
    var macs: [String: String] = [:]
    /// The networks in the container's order, where create can take only the first one.
    var furtherNetworks: [String] = []
    /// What set_vm_metadata said last: labels can only change with the container.
    var metadata: String?

    var image: String { vm.committedImage(operation) }
    /// The replacement, by whichever of its names it has at the moment.
    var names: [String] { [vm.replacement, vm.description] }
    var isAttach: Bool { method == AttachDisk.name }
}

extension Remount {
    var steps: [Step] {
        switch change {
        case .nothing: []
        case .restart:
            [
                .mark(vm, method, self), .restart(self), .verifyMounts(self), .awaitAgent(self),
                .unmark(vm),
            ]
        case .replace: replacementSteps
        }
    }

    private var replacementSteps: [Step] {
        var steps: [Step] = [.mark(vm, method, self)]
        if let restartPolicy { steps.append(.suspendRestarts(old, vm, policy: restartPolicy)) }
        if wasRunning { steps.append(.stop(old, called: vm.description)) }
        steps += [.commit(self), .createReplacement(self)]
        for network in furtherNetworks {
            steps.append(.connect(names, to: network) { try self.endpoint(network, $0) })
        }
        if !isAttach { steps.append(.forgetDisk(self)) }
        steps.append(.rename(old, from: vm.description, to: vm.aside(old)))
        steps.append(.renameOurs(from: vm.replacement, to: vm.description))
        if wasRunning {
            steps += [.startOurs([vm.description, vm.replacement]), .verifyMounts(self)]
        }
        return steps + [
            .awaitAgent(self), .removeAsides(self), .removeUnusedImages(vm), .unmark(vm),
        ]
    }

    /// Forward once the replacement has the VM's name and was ever started: from then on it may hold
    /// what is nowhere else.
    func situation(_ world: World) throws -> Situation {
        if let other = try otherOperation(world) { return .superseded(other) }
        if change == .restart {
            return try world.engine.container(old)?.isRunning == true ? .new : .old
        }
        let replacement = try world.ourContainer(names)
        guard try world.engine.container(old) != nil else {
            if replacement != nil { return .onlyNew }
            return try world.ourImage(image) != nil ? .onlyImage(image) : .old
        }
        guard let replacement, replacement.name == vm.description else { return .old }
        return replacement.wasStarted || !wasRunning ? .new : .old
    }

    /// A container under the VM's name that is neither the old one nor ours: another operation has
    /// been here since. Clocks have no say in it.
    private func otherOperation(_ world: World) throws -> String? {
        guard let current = try world.engine.container(vm.description), current.id != old,
            let maker = current.labels[Label.operation], maker != operation
        else { return nil }
        return maker
    }

    /// Throws when the old container is gone: then what this operation made is the last copy of the
    /// VM, and is not to be undone.
    func requireOld(_ world: World) throws {
        guard try world.engine.container(old) == nil else { return }
        let isMade = try world.ourContainer(names) != nil
        let isCommitted = try world.ourImage(image) != nil
        guard isMade || isCommitted else { return }
        throw CPIError(
            kind: .cloud,
            message: "the old container of VM \(vm) is gone: "
                + (isMade ? "its replacement" : "image \(image)")
                + " is the last copy of it, and is kept")
    }

    func endpoint(_ network: String, _ world: World) throws -> JSON {
        let container = try world.engine.inspectContainer(old)
        return Replacement.endpoint(
            container.endpoints[network] ?? [:], id: old, mac: nil, try world.engine.version())
    }

    /// The image is there and no older than the last end of the container.
    func isCommitted(_ world: World) throws -> Bool {
        guard let image = try world.ourImage(image) else { return false }
        guard let container = try world.engine.container(old) else { return true }
        guard !container.isRunning else { return false }
        let (made, ended) = (EngineTime(image.createdAt), EngineTime(container.finishedAt))
        guard let made, let ended else { return true }
        return made >= ended
    }
}
