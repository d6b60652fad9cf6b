import Engine
import Journal

/// Mounts a disk in a VM at `/warden-cpi-dev/<disk>`, which is the hint that it answers.
///
/// A disk that is mounted already is success without a restart; so is repeating the call.
struct AttachDisk: Mutation {
    static let name = "attach_disk"
    static let lane = Lane.replace
    let vm: VMCID
    let disk: DiskCID
    var subjects: [Subject] { [vm.subject, disk.subject] }

    init(_ values: [JSON]) throws { (vm, disk) = try Arguments.vmAndDisk(values, of: Self.name) }

    func plan(_ world: World) throws -> Remount {
        let container = try world.requireSettledVM(vm)
        _ = try world.requireDisk(disk)
        if let other = try world.otherHolder(of: disk, than: vm) {
            throw CPIError(
                kind: .cloud,
                message: "cannot attach disk \(disk) to VM \(vm): VM \(other) has it; "
                    + "next: detach it there, or delete that VM if nobody knows it (bosh delete-vm \(other))"
            )
        }
        guard container.lists(disk) else {
            return try .replace(container, method: Self.name, vm: vm, disk: disk, world)
        }
        let isThere = try !container.isRunning || world.isMounted(disk, in: container.id)
        return Remount(
            change: isThere ? .nothing : .restart, method: Self.name, operation: world.operation,
            vm: vm, disk: disk, old: container.id)
    }

    static func steps(_ plan: Remount, _ call: AttachDisk?) -> [Step] { plan.steps }

    static func situation(_ plan: Remount, _ world: World) throws -> Situation {
        try plan.situation(world)
    }

    func answer(_ plan: Remount, _ request: CallContext) -> JSON {
        request.isVersion2 ? .string(disk.hint) : .null
    }
}

extension Arguments {
    /// What attach_disk and detach_disk are given.
    static func vmAndDisk(_ values: [JSON], of method: String) throws -> (VMCID, DiskCID) {
        let arguments = try Arguments(values, ["vm_cid", "disk_cid"], of: method)
        return (try VMCID(arguments[0]), try DiskCID(arguments[1]))
    }
}

extension Container {
    /// Whether the disk is among its mounts, in the place for disks: its other volumes are none.
    func lists(_ disk: DiskCID) -> Bool {
        mounts.contains { $0.name == disk.description && $0.destination == disk.hint }
    }
}
