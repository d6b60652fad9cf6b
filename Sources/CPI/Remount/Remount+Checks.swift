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
        guard !container.isRunning else { throw startedError(container) }
        return container
    }

    /// Throws `CPIError` when the old container runs, or is gone, or has run since the commit; that last one
    /// is no matter where an operator has chosen the replacement.
    func requireRested(_ world: World, _ container: Container?) throws {
        guard let container else { throw goneError }
        guard !container.isRunning else { throw startedError(container) }
        if world.progress.isOperatorsWish { return }
        let committed = try world.madeImage(image)?.labels[Label.endOfOld] ?? ""
        guard committed.isEmpty || committed == container.endOfRun else {
            throw startedError(container)
        }
    }

    /// The VM's name is free, in the middle of a replacement.
    var noContainer: CPIError {
        CPIError.cloud(
            "VM \(vm) has no container of its name any more: somebody has renamed or removed it"
        )
    }

    private var goneError: CPIError {
        CPIError.cloud("the container of VM \(vm) is gone")
    }

    private func startedError(_ container: Container) -> CPIError {
        CPIError.cloud("somebody has started container \(container.name) of VM \(vm) meanwhile")
    }
}
