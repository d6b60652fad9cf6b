import Engine
import Journal

/// Takes a disk out of a VM. Returns when the agent is up again, for the director does not wait.
///
/// A disk that is not mounted is success without a restart.
struct DetachDisk: Mutation {
    static let name = "detach_disk"
    static let lane = Lane.replace
    let vm: VMCID
    let disk: DiskCID
    var subjects: [Subject] { [vm.subject, disk.subject] }

    init(_ values: [JSON]) throws { (vm, disk) = try Arguments.vmAndDisk(values, of: Self.name) }

    func plan(_ world: World) throws -> Remount {
        let container = try world.requireSettledVM(vm)
        guard container.lists(disk) else {
            return Remount(
                change: .nothing, method: Self.name, operation: world.operation, vm: vm, disk: disk,
                old: container.id)
        }
        return try .replace(container, method: Self.name, vm: vm, disk: disk, world)
    }

    static func steps(_ plan: Remount, _ call: DetachDisk?) -> [Step] { plan.steps }

    static func situation(_ plan: Remount, _ world: World) throws -> Situation {
        try plan.situation(world)
    }

    func answer(_ plan: Remount, _ request: CallContext) -> JSON { .null }
}
