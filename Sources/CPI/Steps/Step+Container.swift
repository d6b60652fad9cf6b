import Engine

/// A container in a plan: what it is known by, and what it was called.
struct NamedContainer: Codable {
    let id: String
    let name: String
}

extension Step {
    /// Removes a container of a VM that is being deleted, whatever its state; never a volume.
    static func removeContainer(_ id: String, called name: String) -> Step {
        Step(
            name: "remove container \(name)", removes: .container(name), isDestructive: true,
            do: { try $0.removeContainer(id, .deleted) },
            verify: { try !$0.isThere(id) },
            undo: .impossible)
    }

    /// Stops a VM's container that was running. Undo starts it again, unless another one of the VM runs: a stop that
    /// Docker may still be at is finished first. One that somebody has started since is left running, and one that
    /// Docker cannot stop, as where AppArmor forbids it.
    ///
    /// `startedAt`: when it was started, as Docker tells it, before the stop. `isStartedAgain`: by a later
    /// step, so that one which runs may well have been stopped.
    static func stop(
        _ id: String, of vm: VMCID, startedAt: String, isStartedAgain: Bool = false
    ) -> Step {
        Step(
            name: "stop container \(vm)", isDestructive: true, touchesOthers: true,
            do: { world in
                guard try world.engine.container(id) != nil else {
                    throw CPIError.cloud("container \(vm) is gone")
                }
                try world.stopContainer(id)
            },
            verify: { world in
                guard !isStartedAgain else { return try world.wasStopped(id, startedAt) }
                return try world.engine.container(id)?.isRunning != true
            },
            undo: .by { world in
                guard let container = try world.engine.container(id) else { return }
                if container.isRunning {
                    guard container.startedAt == startedAt, try world.canStop(id) else { return }
                }
                try world.requireNoneBeside(container, of: vm)
                try world.startContainer(id)
            })
    }

    /// Renames a container that this operation makes, known by either name.
    static func renameMade(from old: String, to new: String) -> Step {
        Step(
            name: "rename container \(old) to \(new)",
            do: { world in
                let container = try world.requireMadeContainer([old, new])
                guard container.name != new else { return }
                try world.engine.renameContainer(container.id, to: new)
            },
            verify: { try $0.madeContainer([new, old])?.name == new },
            undo: .by { world in
                guard let container = try world.madeContainer([new, old]), container.name == new
                else { return }
                try world.engine.renameContainer(container.id, to: old)
            })
    }

    /// Stops a container that this operation makes, known by either name; it is to be started again.
    static func stopMade(_ names: [String]) -> Step {
        Step(
            name: "stop container \(names[0])",
            do: { try $0.stopContainer($0.requireMadeContainer(names).id) },
            verify: { try $0.madeContainer(names)?.isRunning != true },
            undo: .withAnother)  // of the container
    }

    /// Starts a container that this operation makes, known by either name.
    static func startMade(_ names: [String]) -> Step {
        Step(
            name: "start container \(names[0])",
            do: { world in
                let container = try world.requireMadeContainer(names)
                world.progress.hasStarted = !container.wasStarted
                try world.startContainer(container.id)
            },
            verify: { try $0.madeContainer(names)?.isRunning == true },
            undo: .by { world in
                guard let container = try world.madeContainer(names), container.isRunning else {
                    return
                }
                try world.stopContainer(container.id)
            })
    }
}

extension World {
    /// As `timeouts.stop` says: Docker kills what has not ended by then.
    func stopContainer(_ id: String) throws {
        try engine.stopContainer(id, seconds: configuration.timeouts.stop)
    }

    /// Stops a container. False where Docker may not, and it runs as before. After another error it may be about to end:
    /// Docker has sent a signal.
    fileprivate func canStop(_ id: String) throws -> Bool {
        do {
            try stopContainer(id)
            return true
        } catch let error as EngineError where error.isForbidden {
            return try engine.container(id)?.isRunning != true
        }
    }

    /// Whether a container that was started at `startedAt` was stopped since; it may run again.
    func wasStopped(_ id: String, _ startedAt: String) throws -> Bool {
        guard let container = try engine.container(id) else { return false }
        return !container.isRunning || container.startedAt != startedAt
    }
}
