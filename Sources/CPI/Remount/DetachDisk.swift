import Engine
import Journal

/// Takes a disk out of a VM. One that is not attached is success without a restart. Returns when the
/// agent is up again, for the director never waits after it.
struct DetachDisk: RemountMethod {
    static let name = "detach_disk"
    static let arguments = ["vm_cid", "disk_cid"]
    let vm: VMCID
    let disk: DiskCID

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
        disk = try DiskCID(arguments[1])
    }

    init(_ vm: VMCID, _ disk: DiskCID) {
        self.vm = vm
        self.disk = disk
    }

    func plan(_ world: World) throws -> Remount {
        let container = try world.requireSettledVM(vm)
        guard container.lists(disk) else {
            return .inPlace(
                .nothing, container, method: Self.name, vm: vm, disk: disk, world)
        }
        return try .replace(container, method: Self.name, vm: vm, disk: disk, world)
    }

    func answer(_ plan: Remount, _ request: CallContext) -> JSON { .null }
}
