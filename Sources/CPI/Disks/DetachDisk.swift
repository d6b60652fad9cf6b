import Engine
import Journal

/// Takes a disk out of a VM. One that was attached while the VM ran is taken out while it runs; else the
/// container is replaced, and the call returns when the agent is up again, for the director never waits
/// after it. One that is not attached is success.
struct DetachDisk: DiskMethod {
    static let name = "detach_disk"
    let vm: VMCID
    let disk: DiskCID

    func plan(_ world: World) throws -> DiskChange {
        let container = try world.requireSettledVM(vm)
        guard !container.hasInPlace(disk) else {
            return .remount(try .replace(container, for: self, world))
        }
        let isPinned = try world.pin(of: disk)?.isPin(of: vm) ?? false
        let isListed = try world.isListed(disk, in: container.id)
        // Somebody may have removed both, and the disk is mounted all the same.
        guard try isPinned || isListed || world.isMounted(disk, in: container.id) else {
            return .remount(try .inPlace(.nothing, container, for: self, world))
        }
        try container.requireSteady(vm)
        return .live(
            LiveChange(
                change: .detach, operation: world.operation, vm: vm, disk: disk,
                container: container.id, wasListed: isListed, wasPinned: isPinned,
                pinRuns: try world.pinRuns(disk),
                isKept: world.configuration.pin == .always,
                tellsSettings: try world.settingsDiffer(container, disk, wanted: false),
                ran: container.isRunning))
    }
}
