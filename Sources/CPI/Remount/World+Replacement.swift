import Engine

/// Making what takes over from a VM's old container, its image and the container, and taking that container back.
extension World {
    /// Makes it, unless it is there. Throws `CPIError` where it could not be the same VM with its disks, else
    /// `EngineError`.
    func createReplacement(_ plan: Remount) throws {
        guard try madeContainer(plan.names) == nil else { return }
        if plan.isAttach { _ = try requireDisk(plan.disk) }
        let old = try engine.container(plan.old)
        let source = try old ?? plan.sourceInImage(self)
        // The image alone keeps nobody from giving its disks to another VM.
        if old == nil { try takeDisksBack(plan, of: source) }
        let lost = plan.networksLost(by: source)
        guard lost.isEmpty else {
            throw CPIError.cloud(
                "somebody has disconnected VM \(plan.vm) from network "
                    + lost.joined(separator: ", "))
        }
        let replacement = Replacement(plan: plan, old: source)
        try requireVolumes(replacement.volumes, of: plan.vm)
        let made = try engine.createContainer(plan.vm.replacement, try replacement.spec(self))
        made.warnings.forEach(warn)
    }

    /// Once it is made: that it is of the image that was committed, has the VM's own volumes, and has the disk alone.
    /// Takes it away and throws `CPIError` where not.
    func checkReplacement(_ plan: Remount) throws {
        guard let made = try madeContainer(plan.names) else { return }
        let remove = {
            try self.removeContainer(made.id, .neverRan(beside: plan.old, orImage: plan.image))
        }
        // Somebody may have given the image's name to another one.
        let image = try engine.image(made.imageID)
        guard image.map({ self.made($0.labels) }) == true else {
            try remove()
            throw CPIError.cloud(
                "image \(plan.image) is not what was committed: somebody has tagged another "
                    + "one so")
        }
        if plan.isAttach { try requireNotMadeAnew(plan.disk, for: made, remove: remove) }
        try requireNoneMadeAnew(plan, for: made, remove: remove)
        if plan.isAttach { try requireSoleHolder(of: plan.disk, plan.vm) }
    }

    /// As `requireNotMadeAnew`, for the VM's own volumes and its other disks: they have labels, and what Docker makes for a
    /// name that is missing has none. (The Go CPI's never have any.) While the old container is there they stay, and one
    /// that has run has its volumes for good.
    private func requireNoneMadeAnew(
        _ plan: Remount, for made: Container, remove: () throws -> Void
    ) throws {
        let vm = plan.vm
        guard !vm.isGoCPIs, !made.wasStarted, try engine.container(plan.old) == nil else { return }
        let anew = try made.mounts.map(\.name).filter { name in
            guard vm.role(of: name) != nil || DiskCID(name).isOurForm else { return false }
            return try engine.volume(name)?.isMade(for: made) == true
        }
        guard !anew.isEmpty else { return }
        try remove()
        for name in anew where try engine.volume(name)?.isMade(for: made) == true {
            try removeVolume(name)
        }
        throw volumeGone(anew[0], of: vm)
    }

    private func volumeGone(_ name: String, of vm: VMCID) -> CPIError {
        CPIError.cloud("volume \(name) of VM \(vm) is gone")
    }

    func commit(_ container: Container, _ plan: Remount) throws {
        let reference = ImageReference.split(plan.image)
        let labels = [
            Label.vm: plan.vm.description, Label.endOfOld: container.endOfRun,
            Label.blueprint: Blueprint.text(
                container, policy: plan.restartPolicy,
                live: try liveDisks(of: plan.vm, in: container.id)),
        ]
        try engine.commitContainer(
            container.id, repository: reference.repository, tag: reference.tag,
            labels: Label.complete(labels, self))
    }

    /// Docker would make a volume that has gone missing, empty.
    private func requireVolumes(_ names: [String], of vm: VMCID) throws {
        for name in names where try engine.volume(name) == nil { throw volumeGone(name, of: vm) }
    }
}

extension Remount {
    /// Removes the replacement if it never ran, or if it was found wrong; else keeps it under the name
    /// of an old container: it may hold what is nowhere else.
    func putAwayReplacement(_ world: World) throws {
        guard let container = try world.madeContainer(names) else { return }
        do {
            guard container.wasStarted else {
                return try world.removeContainer(container.id, .neverRan(beside: old))
            }
            let startedAt = world.progress.undoing?.replacementStarted
            try world.removeContainer(
                container.id, .foundWrong(beside: old, startedAt: startedAt))
        } catch let copy as LastCopy {
            let kept = vm.old(container.id)
            if container.name != kept { try world.engine.renameContainer(container.id, to: kept) }
            world.warn("\(copy); compare it with VM \(vm), then remove container \(kept)")
        }
    }
}
