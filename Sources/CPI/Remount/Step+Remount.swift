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
                try old.requireCommittable(plan.vm, world)
                if let replacement {
                    try world.removeContainer(replacement.id, .neverRan(beside: plan.old))
                }
                try world.removeCommittedImage(plan.image, of: plan.vm, from: plan.old)
                try world.commit(old, plan)
                // Somebody may have started it meanwhile.
                try plan.requireRested(world, try world.engine.container(plan.old))
            },
            verify: { try plan.isCommitted($0, try $0.madeContainer(plan.names)) },
            undo: .by { try $0.removeCommittedImage(plan.image, of: plan.vm, from: plan.old) })
    }

    static func createReplacement(_ plan: Remount) -> Step {
        Step(
            name: "create container \(plan.vm.replacement)",
            do: { try $0.createReplacement(plan) },
            check: { try $0.checkReplacement(plan) },
            verify: { try $0.madeContainer(plan.names) != nil },
            undo: .by { try plan.putAwayReplacement($0) })
    }

    /// The agent refuses to boot when its last disk is one that it does not know any more.
    static func forgetDisk(_ plan: Remount) -> Step {
        let path = EntryScript.lastDisk
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
        let (name, kept) = (plan.vm.description, plan.vm.old(plan.old))
        return Step(
            name: "rename container \(name) to \(kept)",
            do: { world in
                guard try world.engine.container(plan.old)?.name != kept else { return }
                try world.engine.renameContainer(plan.old, to: kept)
            },
            verify: { world in
                guard let container = try world.engine.container(plan.old) else { return true }
                return container.name == kept
            },
            undo: .by { world in
                // Under whatever name: somebody may have renamed it since.
                guard let container = try world.engine.container(plan.old), container.name != name
                else { return }
                try world.giveNameBack(container, of: plan.vm)
            })
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
            verify: { try $0.engine.container(plan.old)?.isRunning == true },
            undo: .withAnother)  // of the stop, which leaves it running
    }

    /// The new state is what was asked for, seen from inside.
    static func verifyMounts(_ plan: Remount) -> Step {
        func areRight(_ world: World) throws -> Bool {
            guard let container = try world.engine.container(plan.vm.description),
                container.isRunning
            else { return false }
            guard try world.isMounted(plan.disk, in: container.id) == plan.isAttach else {
                return false
            }
            return try world.mountsItsList(plan.vm, container.id)
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
                try plan.stopUnlessAlone(world)
            },
            verify: areRight,
            undo: .withAnother)
    }
}

/// What the last of these steps does about what it sees.
extension Remount {
    /// Somebody may have stopped it since its start: it was to run, and what it has written counts.
    /// One that is paused cannot be looked into.
    fileprivate func startOnceMore(_ world: World) throws {
        guard let container = try world.engine.container(vm.description) else { return }
        guard !container.isPaused else {
            throw CannotLook.paused(vm)
        }
        guard !container.isRunning else { return }
        if change == .replace, let old = try world.engine.container(old) {
            try requireRested(world, old)
        }
        try world.startContainer(container.id)
    }

    /// Somebody may have started the old container in the same moment: two run on the same volumes
    /// then, and ours, the younger one, is stopped again.
    fileprivate func stopUnlessAlone(_ world: World) throws {
        guard change == .replace, let container = try world.engine.container(old) else { return }
        if container.isRunning, let replacement = try world.madeContainer(names) {
            try world.stopContainer(replacement.id)
        }
        try requireRested(world, container)
    }

    fileprivate func whatIsWrong(_ world: World) throws -> CPIError {
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
