import Engine

/// What the steps of a replacement look at before and after they act.
extension Remount {
    /// The image holds all that the old container holds, or the replacement has run already.
    func isCommitted(_ world: World, _ replacement: Container?) throws -> Bool {
        if replacement?.wasStarted == true { return true }
        guard let image = try world.madeImage(image) else { return false }
        guard let container = try world.engine.container(old) else { return true }
        return container.isHeld(by: image.labels)
    }

    /// The old container. Throws `CPIError` when it is gone, or when somebody has started it.
    func requireStopped(_ world: World) throws -> Container {
        guard let container = try world.engine.container(old) else { throw goneError }
        guard !container.isUp else { throw startedError(container) }
        return container
    }

    /// Throws `CPIError` when the old container runs, or is gone, or has run since the commit; that last one
    /// is no matter where an operator has chosen the replacement.
    func requireRested(_ world: World, _ container: Container?) throws {
        guard let container else { throw goneError }
        guard !container.isUp else { throw startedError(container) }
        if world.progress.isOperatorsWish { return }
        let committed = try world.madeImage(image)?.labels[Label.endOfOld] ?? ""
        guard committed.isEmpty || committed == container.finishedAt else {
            throw startedError(container)
        }
    }

    private var goneError: CPIError {
        CPIError.cloud("the container of VM \(vm) is gone")
    }

    private func startedError(_ container: Container) -> CPIError {
        CPIError.cloud("somebody has started container \(container.name) of VM \(vm) meanwhile")
    }

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

    /// Somebody may have started the old container in the same moment: two run on the same volumes
    /// then, and ours, the younger one, is stopped again.
    func requireAlone(_ world: World) throws {
        guard change == .replace, let container = try world.engine.container(old) else { return }
        if container.isUp, let replacement = try world.madeContainer(names) {
            try world.stopContainer(replacement.id)
        }
        try requireRested(world, container)
    }

    /// Somebody may have stopped it since its start: it was to run, and what it has written counts.
    /// One that is paused cannot be looked into.
    func startOnceMore(_ world: World) throws {
        guard let container = try world.engine.container(vm.description) else { return }
        guard !container.isPaused else {
            throw CannotLook(description: "VM \(vm) is paused; next: docker unpause \(vm)")
        }
        guard !container.isRunning else { return }
        if change == .replace, let old = try world.engine.container(old) {
            try requireRested(world, old)
        }
        try world.startContainer(container.id)
    }

    /// The VM's name is free, in the middle of a replacement.
    var noContainer: CPIError {
        CPIError.cloud(
            "VM \(vm) has no container of its name any more: somebody has renamed or removed it"
        )
    }

    func whatIsWrong(_ world: World) throws -> CPIError {
        guard let container = try world.engine.container(vm.description) else {
            return noContainer
        }
        let problem =
            container.isRunning
            ? "disk \(disk) is \(isAttach ? "not" : "still") mounted in VM \(vm)"
            : "the container of VM \(vm) stopped with exit code \(container.exitCode)"
        return CPIError.cloud(problem)
    }
}

extension World {
    func commit(_ container: Container, _ plan: Remount) throws {
        let reference = ImageReference.split(plan.image)
        let labels = [
            Label.vm: plan.vm.description, Label.endOfOld: container.finishedAt,
            Label.blueprint: Blueprint.text(
                container, live: try liveDisks(of: plan.vm, in: container.id)),
        ]
        try engine.commitContainer(
            container.id, repository: reference.repository, tag: reference.tag,
            labels: Label.complete(labels, self))
    }

    /// Docker would make a volume that has gone missing, empty.
    func requireVolumes(_ names: [String], of vm: VMCID) throws {
        for name in names {
            guard try engine.volume(name) != nil else {
                throw CPIError.cloud("volume \(name) of VM \(vm) is gone")
            }
        }
    }
}
