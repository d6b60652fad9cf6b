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
        // As long as the old container is there, its volumes are.
        if try !made.wasStarted && engine.container(plan.old) == nil {
            try requireNoneMadeAnew(plan, for: made, remove: remove)
        }
        guard plan.isAttach else { return }
        try requireNotMadeAnew(plan.disk, for: made, remove: remove)
        try requireSoleHolder(of: plan.disk, plan.vm)
    }

    /// As `requireNotMadeAnew`, for all volumes of ours that the replacement takes over: they have labels, and what
    /// Docker makes for a name that is missing has none.
    private func requireNoneMadeAnew(
        _ plan: Remount, for made: Container, remove: () throws -> Void
    ) throws {
        let source = try plan.sourceInImage(self)
        let anew = try Replacement(plan: plan, old: source).volumes.filter { name in
            let disk = DiskCID(name)
            let isOurs = VMCID.role(of: name).map { !$0.vm.isGoCPIs } ?? disk.isOfDisk
            return try isOurs && !disk.isGoCPIs && engine.volume(name)?.isMade(for: made) == true
        }
        guard !anew.isEmpty else { return }
        try remove()
        for name in anew where try engine.volume(name)?.isMade(for: made) == true {
            try removeVolume(name)
        }
        throw volumeGone(anew[0], of: plan.vm)
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
    func requireVolumes(_ names: [String], of vm: VMCID) throws {
        for name in names {
            guard try engine.volume(name) != nil else {
                throw volumeGone(name, of: vm)
            }
        }
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
