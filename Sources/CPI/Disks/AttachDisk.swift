import Engine
import Journal

/// Mounts a disk in a VM at `/warden-cpi-dev/<disk>`, which is the hint that it answers.
///
/// Where the VM can do it, the disk is mounted while it runs; else its container is replaced. A disk that
/// is mounted already is success without a restart; so is repeating the call.
struct AttachDisk: DiskMethod {
    static let name = "attach_disk"
    let vm: VMCID
    let disk: DiskCID

    func plan(_ world: World) throws -> DiskChange {
        let container = try world.requireSettledVM(vm)
        let volume = try world.requireDisk(disk)
        if let other = try world.currentHolders(of: disk, besides: vm).first {
            throw CPIError.cloud("cannot attach disk \(disk) to VM \(vm): \(other.words)")
        }
        let pin = try world.pin(of: disk)
        if let other = try world.vmWithoutPin(disk, pin, besides: vm) {
            throw CPIError.cloud(
                "cannot attach disk \(disk) to VM \(vm): "
                    + World.DiskHolder.words(withoutPin: other))
        }
        if container.hasInPlace(disk) { return .remount(try present(container, world)) }
        try container.requireSteady(vm)
        let isListed = try world.isListed(disk, in: container.id)
        let obstacle = isListed ? nil : try LiveChange.obstacle(container, volume, world)
        guard let obstacle else {
            return .live(try live(container, pin, isListed: isListed, world))
        }
        var plan = try Remount.replace(container, for: self, world)
        plan.why = obstacle
        return .remount(plan)
    }

    /// The container has the disk among its mounts.
    private func present(_ container: Container, _ world: World) throws -> Remount {
        // What runs may be the other one, without the disk.
        try world.requireNoneBeside(container, of: vm)
        let isThere = try !container.isRunning || world.isMounted(disk, in: container.id)
        if !isThere { try container.requireStoppable(vm) }
        return try .inPlace(isThere ? .nothing : .restart, container, for: self, world)
    }

    private func live(_ container: Container, _ pin: Container?, isListed: Bool, _ world: World)
        throws -> LiveChange
    {
        return LiveChange(
            change: .attach, operation: world.operation, vm: vm, disk: disk,
            container: container.id, wasListed: isListed,
            wasPinned: pin?.isPin(of: vm) ?? false,
            pinRuns: try world.pinRuns(disk),
            tellsSettings: try world.settingsDiffer(container, disk, wanted: true))
    }

    func answer(_ plan: DiskChange, _ request: CallContext) -> JSON {
        request.isVersion2 ? .string(disk.hint) : .null
    }
}
