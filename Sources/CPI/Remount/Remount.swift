import Engine
import Journal

/// How a VM gets from its mounts to other ones: the plan of attach_disk and detach_disk where the disk
/// cannot be mounted in the VM as it runs.
///
/// Docker cannot change the mounts of a container. It is replaced by one made from it, which keeps
/// its writable layer, its volumes, its addresses and its labels; the old one goes last.
struct Remount: Codable {
    /// What is to be done to the VM's container.
    enum Change: String, Codable {
        /// The state asked for is there already.
        case nothing
        /// The container has the mount, but inside it is gone: a start brings it back.
        case restart
        case replace
        /// A replacement that was found in Docker without its plan: it can only be taken back.
        case remnant
    }

    /// Docker's restart policy, with its count for `on-failure`.
    struct RestartPolicy: Codable, Equatable {
        var name: String
        var retries = 0

        /// Whether a daemon that starts brings a stopped container up again.
        var startsStopped: Bool { name == "always" || name == "on-failure" }

        /// Whether something brings a stopped container up again when the host starts: on podman also what is
        /// `unless-stopped`, for it has a service for that which does not know what was stopped.
        func startsStopped(_ engine: Engine) throws -> Bool {
            try startsStopped || name == "unless-stopped" && engine.isPodman()
        }
    }

    var change: Change
    /// attach_disk or detach_disk.
    var method: String
    var operation: String
    var vm: VMCID
    var disk: DiskCID
    /// The id of the container as it was.
    var old: String
    var wasRunning = true
    /// When it was started last, as Docker tells it.
    var startedAt = ""
    var restartPolicy = RestartPolicy(name: "")
    /// The old container has its policy taken away while it is stopped.
    var suspendsRestarts = false
    /// By network, as they are while the VM runs.
    var macs: [String: String] = [:]
    /// By network, the addresses to ask for again, where the Engine does not show which were asked for.
    var addresses: [String: JSON]?
    /// The networks in the container's order, where create can take only the first one.
    var furtherNetworks: [String] = []
    /// What set_vm_metadata said last: labels can only change with the container.
    var metadata: String?
    /// Why the disk could not be attached while the VM runs.
    var why: String?
    /// The VM's agent reads its disks from its settings.
    var tellsSettings = false
    /// The Go CPI made the container: the replacement gets what our VMs have beside it.
    var adopts = false
    /// The disk gets a container that keeps prunes away from it.
    var isKept = false

    var image: String { vm.committedImage(operation) }
    /// The replacement, by whichever of its names it has at the moment.
    var names: [String] { [vm.replacement, vm.description] }
    var isAttach: Bool { method == AttachDisk.name }
}

extension Remount {
    var steps: [Step] {
        switch change {
        case .nothing: settings
        case .restart:
            settings + [
                .mark(vm, method, self),
                .stop(old, of: vm, startedAt: startedAt, isStartedAgain: true),
                .startAgain(self), .verifyMounts(self), .awaitAgent(self), .unmark(vm),
            ]
        case .replace: replacementSteps
        // Undone from the end: as long as the replacement is there it tells of all this.
        case .remnant:
            [.createReplacement(self)] + (suspendsRestarts ? [.suspendRestarts(self)] : [])
        }
    }

    private var settings: [Step] {
        tellsSettings ? [.tellSettings(vm, disk, isThere: isAttach)] : []
    }

    private var replacementSteps: [Step] {
        var steps: [Step] = [.mark(vm, method, self)]
        if isKept { steps.append(.keepIfPossible(disk)) }
        if suspendsRestarts { steps.append(.suspendRestarts(self)) }
        if wasRunning {
            steps.append(.stop(old, of: vm, startedAt: startedAt))
        }
        steps += [.commit(self), .createReplacement(self)]
        for network in furtherNetworks {
            steps.append(.connect(names, to: network) { try self.endpoint(network, $0) })
        }
        if tellsSettings { steps.append(.tellReplacement(self)) }
        if adopts { steps.append(.putMountWrapper(self)) }
        if !isAttach { steps.append(.forgetDisk(self)) }
        steps.append(.renameOld(self))
        steps.append(.renameMade(from: vm.replacement, to: vm.description))
        if wasRunning { steps += [.startReplacement(self), .verifyMounts(self)] }
        return steps + [
            .giveRestartPolicy(self), .awaitAgent(self), .removeOld(self),
            .removeUnusedImages(vm), .unmark(vm),
        ]
    }

    /// The way back where the old container is gone: another one is made from the image, with the mounts that the VM
    /// had before. Nil where the old container is there.
    func stepsBackFromImage(_ world: World) throws -> [Step]? {
        guard change == .replace, try world.engine.container(old) == nil else { return nil }
        var reverse = self
        reverse.method = isAttach ? DetachDisk.name : AttachDisk.name
        return reverse.steps
    }

    /// What Docker shows of it. Throws `EngineError`.
    func situation(_ world: World) throws -> Situation {
        switch change {
        case .nothing: return .unfinished
        case .restart: return try world.situation(of: old, vm)
        case .replace:
            return .carriers(try Carriers.look(self, world), wasRunning: wasRunning)
        case .remnant:
            return .remnant(try Carriers.look(self, world).replacement)
        }
    }

    /// What is to be known when the operation begins to go back.
    func undoingBegins(_ world: World) throws -> UndoingBegan? {
        guard change == .replace else { return nil }
        return UndoingBegan(
            replacementStarted: try world.madeContainer(names)?.startedWhen)
    }

    /// How the VM differs from what it was before, in words; empty when it is as it was.
    func differencesFromBefore(_ world: World) throws -> [String] {
        guard let container = try world.engine.container(vm.description) else {
            return ["no container is named \(vm)"]
        }
        // A remnant does not tell its disk.
        let isGone = try change != .remnant && world.disk(disk) == nil
        var found = isGone ? ["disk \(disk) is gone"] : []
        if container.id != old { found.append("VM \(vm) has another container") }
        if container.isRunning != wasRunning {
            found.append("VM \(vm) is \(container.isRunning ? "" : "not ")running")
        }
        found += networksLost(by: container).map { "it is no longer on network \($0)" }
        let policy = container.restartPolicy
        if suspendsRestarts, policy != restartPolicy.name {
            found.append("its restart policy is \(policy)")
        }
        if let kept = try world.madeContainer(names) {
            found.append("container \(kept.name), which has run, is kept")
        }
        return try found + world.markWords(vm, differs: !found.isEmpty)
    }

    /// The networks that the VM was on, and this container of it is not.
    func networksLost(by container: Container) -> [String] {
        macs.keys.filter { container.endpoints[$0] == nil }.sorted()
    }

    /// Takes away what is of no use when another operation has taken over: the mark, and a replacement
    /// that never ran.
    func removeRemains(_ world: World) throws {
        if let container = try world.madeContainer(names), !container.wasStarted,
            container.name != vm.description, try world.engine.container(old) != nil
        {
            try world.removeContainer(container.id, .neverRan(beside: old))
        }
        try giveBackRestarts(world)
        // While an image is all that is left of the VM, the mark tells that the VM was not deleted.
        guard try !world.isImageAlone(vm) else { return }
        // Without a journal it is all that a person can choose by.
        if try world.recorder.store.journal == nil && Carriers.look(self, world).haveBothRun {
            return
        }
        try world.removeMadeVolume(vm.mark)
    }

    /// A later replacement has copied the suspended policy as if it were the VM's own.
    private func giveBackRestarts(_ world: World) throws {
        guard suspendsRestarts, let container = try world.vm(vm), container.id != old,
            !world.made(container.labels), container.restartPolicy == "no"
        else { return }
        try world.engine.setRestartPolicy(
            container.id, restartPolicy.name, retries: restartPolicy.retries)
    }

    func endpoint(_ network: String, _ world: World) throws -> JSON {
        let container = try source(world)
        return Replacement.endpoint(
            container.endpoints[network]?.json ?? [:], id: old, mac: nil,
            asked: addresses?[network],
            try world.engine.version())
    }

    /// What a replacement is made from: the old container; when that is gone, what the committed image
    /// says of it. Throws `CPIError` when neither is there.
    private func source(_ world: World) throws -> Container {
        try world.engine.container(old) ?? sourceInImage(world)
    }

    /// The old container as the committed image says it was. Throws `CPIError` when that is gone as well.
    func sourceInImage(_ world: World) throws -> Container {
        guard let image = try world.madeImage(image),
            let container = Blueprint.container(in: image)
        else {
            throw CPIError.cloud(
                "the container that VM \(vm) was is gone, and no image says what it was made from")
        }
        return container
    }
}
