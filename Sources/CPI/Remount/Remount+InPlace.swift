import Engine

extension Remount {
    /// A change that needs no replacement.
    static func inPlace(
        _ change: Change, _ container: Container, method: String, vm: VMCID, disk: DiskCID,
        _ world: World
    ) throws -> Remount {
        Remount(
            change: change, method: method, operation: world.operation, vm: vm, disk: disk,
            old: container.id, wasRunning: container.isUp, startedAt: container.startedAt,
            tellsSettings: try world.settingsDiffer(
                container, disk, wanted: method == AttachDisk.name))
    }
}

extension Container {
    /// Whether the disk is among its mounts, in the place for disks: what is mounted elsewhere is not
    /// attached.
    func lists(_ disk: DiskCID) -> Bool {
        mounts.contains { $0.name == disk.description && $0.destination == disk.hint }
    }
}
