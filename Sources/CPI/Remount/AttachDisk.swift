import Engine
import Journal

/// Mounts a disk in a VM at `/warden-cpi-dev/<disk>`, which is the hint that it answers.
///
/// A disk that is mounted already is success without a restart; so is repeating the call.
struct AttachDisk: RemountMethod {
    static let name = "attach_disk"
    static let arguments = ["vm_cid", "disk_cid"]
    let vm: VMCID
    let disk: DiskCID

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
        disk = try DiskCID(arguments[1])
    }

    func plan(_ world: World) throws -> Remount {
        let container = try world.requireSettledVM(vm)
        _ = try world.requireDisk(disk)
        if let other = try world.otherHolder(of: disk, than: vm) {
            throw CPIError(
                kind: .cloud,
                message: "cannot attach disk \(disk) to VM \(vm): VM \(other.name) has it; "
                    + "next: detach it there, or delete that VM if nobody knows it "
                    + "(bosh delete-vm \(other.name))")
        }
        guard container.lists(disk) else {
            return try .replace(container, method: Self.name, vm: vm, disk: disk, world)
        }
        let isThere = try !container.isUp || world.isMounted(disk, in: container.id)
        if !isThere { try container.requireStoppable(vm) }
        return .inPlace(
            isThere ? .nothing : .restart, container, method: Self.name, vm: vm, disk: disk, world)
    }

    func answer(_ plan: Remount, _ request: CallContext) -> JSON {
        request.isVersion2 ? .string(disk.hint) : .null
    }
}
