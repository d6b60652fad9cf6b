import Engine

/// Up to the pivot: everything here can be taken back.
extension Step {
    /// `always` and `on-failure` bring a stopped container up again when the daemon restarts: two
    /// writers on one disk.
    static func suspendRestarts(_ plan: Remount) -> Step {
        Step(
            name: "suspend restarts of \(plan.vm)", touchesOthers: true,
            do: { try $0.engine.setRestartPolicy(plan.old, "no") },
            verify: { try $0.engine.container(plan.old).map { $0.restartPolicy == "no" } ?? true },
            undo: .by { world in
                guard let container = try world.engine.container(plan.old),
                    container.restartPolicy == "no"
                else { return }
                let policy = plan.restartPolicy
                try world.engine.setRestartPolicy(plan.old, policy.name, retries: policy.retries)
            })
    }

    /// Keeps the writable layer of the stopped container as an image. One that was made before the
    /// container ran again is worth nothing, nor is a replacement made from it that never ran.
    static func commit(_ plan: Remount) -> Step {
        Step(
            name: "commit container \(plan.vm) as \(plan.image)",
            do: { world in
                let replacement = try world.madeContainer(plan.names)
                if try plan.isCommitted(world, replacement) { return }
                let old = try plan.requireStopped(world)
                if let replacement {
                    try world.removeContainer(replacement.id, .neverRan(beside: plan.old))
                }
                try world.removeCommittedImage(plan.image, of: plan.old)
                try world.commit(old, plan)
                // Somebody may have started it meanwhile.
                try plan.requireRested(world, try world.engine.container(plan.old))
            },
            verify: { try plan.isCommitted($0, try $0.madeContainer(plan.names)) },
            undo: .by { try $0.removeCommittedImage(plan.image, of: plan.old) })
    }

    static func createReplacement(_ plan: Remount) -> Step {
        Step(
            name: "create container \(plan.vm.replacement)",
            do: { world in
                guard try world.madeContainer(plan.names) == nil else { return }
                // Docker would make a volume that has gone missing, empty.
                if plan.isAttach { _ = try world.requireDisk(plan.disk) }
                let replacement = Replacement(plan: plan, old: try plan.source(world))
                try world.requireVolumes(replacement.volumes, of: plan.vm)
                let made = try world.engine.createContainer(
                    plan.vm.replacement, try replacement.spec(world))
                made.warnings.forEach(world.warn)
                if plan.isAttach { try world.requireSoleHolder(of: plan.disk, plan.vm) }
            },
            verify: { try $0.madeContainer(plan.names) != nil },
            undo: .by { try plan.putAwayReplacement($0) })
    }

    /// The agent refuses to boot when its last disk is one that it does not know any more.
    static func forgetDisk(_ plan: Remount) -> Step {
        let path = "/var/vcap/bosh/managed_disk_settings.json"
        func namingIt(_ world: World) throws -> Container? {
            guard let container = try world.madeContainer(plan.names) else { return nil }
            let content = try world.engine.readFile(container.id, path: path) ?? []
            let last = String(decoding: content, as: UTF8.self).filter { !$0.isWhitespace }
            return last == plan.disk.description ? container : nil
        }
        return Step(
            name: "forget disk \(plan.disk) as the last one",
            do: { world in
                guard let container = try namingIt(world) else { return }
                try world.engine.writeFile(container.id, path: path, content: [])
            },
            verify: { try namingIt($0) == nil },
            undo: .withAnother)  // it is the replacement's file
    }

    /// Gives the VM's name away: the old container is kept under another one.
    static func renameOld(_ plan: Remount) -> Step {
        .rename(plan.old, from: plan.vm.description, to: plan.vm.old(plan.old))
    }

    /// Starts the replacement, unless somebody has started the old container: two would run on the
    /// same volumes.
    static func startReplacement(_ plan: Remount) -> Step {
        let start = Step.startMade([plan.vm.description, plan.vm.replacement])
        return Step(
            name: start.name,
            do: { world in
                if let old = try world.engine.container(plan.old) {
                    try plan.requireRested(world, old)
                }
                try start.do(world)
            },
            verify: start.verify, undo: start.undo)
    }

    /// The same container is started again: that brings a mount back which was unmounted inside.
    static func startAgain(_ plan: Remount) -> Step {
        Step(
            name: "start container \(plan.vm) again",
            do: { try $0.startContainer(plan.old) },
            verify: { try $0.engine.container(plan.old)?.isUp == true },
            undo: .withAnother)  // of the stop, which leaves it running
    }

    /// The new state is what was asked for, seen from inside.
    static func verifyMounts(_ plan: Remount) -> Step {
        func areRight(_ world: World) throws -> Bool {
            guard let container = try world.engine.container(plan.vm.description),
                container.isRunning
            else { return false }
            return try world.isMounted(plan.disk, in: container.id) == plan.isAttach
        }
        return Step(
            name: "verify mounts of \(plan.vm)",
            do: { world in
                // Twice: somebody may stop it between the two lines.
                let isRight = try (1...2).contains { _ in
                    try plan.startOnceMore(world)
                    return try world.persistently(areRight)
                }
                guard isRight else { throw try plan.whatIsWrong(world) }
                try plan.requireAlone(world)
            },
            verify: areRight,
            undo: .withAnother)
    }
}

extension Remount {
    /// The image holds all that the old container holds, or the replacement has run already.
    fileprivate func isCommitted(_ world: World, _ replacement: Container?) throws -> Bool {
        if replacement?.wasStarted == true { return true }
        guard let image = try world.madeImage(image) else { return false }
        guard let container = try world.engine.container(old) else { return true }
        return !container.isUp && container.finishedAt == image.labels[Label.endOfOld]
    }

    /// The old container. Throws `CPIError` when it is gone, or when somebody has started it.
    fileprivate func requireStopped(_ world: World) throws -> Container {
        guard let container = try world.engine.container(old) else { throw isGone }
        guard !container.isUp else { throw wasStarted(container) }
        return container
    }

    /// Throws `CPIError` when the old container runs, or has run since the commit, or is gone.
    fileprivate func requireRested(_ world: World, _ container: Container?) throws {
        guard let container else { throw isGone }
        guard !container.isUp else { throw wasStarted(container) }
        let committed = try world.madeImage(image)?.labels[Label.endOfOld] ?? ""
        guard committed.isEmpty || committed == container.finishedAt else {
            throw wasStarted(container)
        }
    }

    private var isGone: CPIError {
        CPIError(kind: .cloud, message: "the container of VM \(vm) is gone")
    }

    private func wasStarted(_ container: Container) -> CPIError {
        CPIError(
            kind: .cloud,
            message: "somebody has started container \(container.name) of VM \(vm) meanwhile")
    }

    /// Removes the replacement if it never ran, or if it was found wrong; else keeps it under the name
    /// of an old container: it may hold what is nowhere else.
    fileprivate func putAwayReplacement(_ world: World) throws {
        guard let container = try world.madeContainer(names) else { return }
        do {
            guard container.wasStarted else {
                return try world.removeContainer(container.id, .neverRan(beside: old))
            }
            let startedAt = world.undoing?.replacementStarted
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
    fileprivate func requireAlone(_ world: World) throws {
        guard change == .replace, let container = try world.engine.container(old) else { return }
        if container.isUp, let replacement = try world.madeContainer(names) {
            try world.engine.stopContainer(
                replacement.id, seconds: world.configuration.timeouts.stop)
        }
        try requireRested(world, container)
    }

    /// Somebody may have stopped it since its start: it was to run, and what it has written counts.
    /// One that is paused cannot be looked into.
    fileprivate func startOnceMore(_ world: World) throws {
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

    fileprivate func whatIsWrong(_ world: World) throws -> CPIError {
        let container = try world.engine.container(vm.description)
        let isRunning = container?.isRunning == true
        let problem =
            isRunning
            ? "disk \(disk) is \(isAttach ? "not" : "still") mounted in VM \(vm)"
            : "the container of VM \(vm) stopped with exit code \(container?.exitCode ?? -1)"
        return CPIError(kind: .cloud, message: problem)
    }
}

extension World {
    fileprivate func commit(_ container: Container, _ plan: Remount) throws {
        let reference = ImageReference.split(plan.image)
        let labels = [
            Label.vm: plan.vm.description, Label.endOfOld: container.finishedAt,
            Label.blueprint: Blueprint.text(container),
        ]
        try engine.commitContainer(
            container.id, repository: reference.repository, tag: reference.tag,
            labels: Label.complete(labels, self))
    }

    /// Docker would make a volume that has gone missing, empty.
    fileprivate func requireVolumes(_ names: [String], of vm: VMCID) throws {
        for name in names {
            guard try engine.volume(name) != nil else {
                throw CPIError(kind: .cloud, message: "volume \(name) of VM \(vm) is gone")
            }
        }
    }

    /// Asks again, a few times, while the answer is a fault of Docker's and no answer.
    fileprivate func persistently(_ ask: (World) throws -> Bool) throws -> Bool {
        for _ in 0..<3 {
            do {
                return try ask(self)
            } catch let error as EngineError where error.isOutcomeUnknown {
                sleep(seconds: 0.2)
            }
        }
        return try ask(self)
    }
}
