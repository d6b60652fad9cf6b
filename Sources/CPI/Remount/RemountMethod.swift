import Engine
import Journal

/// What attach_disk and detach_disk have in common.
protocol RemountMethod: Mutation where Plan == Remount {
    var vm: VMCID { get }
    var disk: DiskCID { get }
}

extension RemountMethod {
    static var rule: RecoveryRule { .replacement }
    var subjects: [Subject] { [vm.subject, disk.subject] }

    static func steps(_ plan: Remount, _ call: Self?) -> [Step] { plan.steps }

    static func situation(_ plan: Remount, _ world: World) throws -> Situation {
        try plan.situation(world)
    }

    static func undoingBegins(_ plan: Remount, _ world: World) throws -> UndoingBegan? {
        try plan.undoingBegins(world)
    }

    static func differencesFromBefore(_ plan: Remount, _ world: World) throws -> [String] {
        try plan.differencesFromBefore(world)
    }

    static func removeRemains(_ plan: Remount, _ world: World) throws {
        try plan.removeRemains(world)
    }
}

extension Remount {
    /// A change that needs no replacement.
    static func inPlace(
        _ change: Change, _ container: Container, method: String, vm: VMCID, disk: DiskCID,
        _ world: World
    ) -> Remount {
        Remount(
            change: change, method: method, operation: world.operation, vm: vm, disk: disk,
            old: container.id, wasRunning: container.isUp, startedAt: container.startedAt)
    }
}

extension Container {
    /// Whether the disk is among its mounts, in the place for disks: what is mounted elsewhere is not
    /// attached.
    func lists(_ disk: DiskCID) -> Bool {
        mounts.contains { $0.name == disk.description && $0.destination == disk.hint }
    }
}
