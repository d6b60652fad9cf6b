import Engine

extension Remount {
    /// A change that needs no replacement.
    static func inPlace<M: DiskMethod>(
        _ change: Change, _ container: Container, for call: M, _ world: World
    ) throws -> Remount {
        var plan = Remount(
            change: change, method: M.name, operation: world.operation, vm: call.vm,
            disk: call.disk, old: container.id, wasRunning: container.isRunning,
            startedAt: container.startedAt)
        plan.tellsSettings = try world.settingsDiffer(
            container, call.disk, wanted: plan.isAttach)
        return plan
    }
}
