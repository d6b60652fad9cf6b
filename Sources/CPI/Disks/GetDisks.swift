import Engine
import Journal

/// The disks in the container's real mounts, and those that were attached while it ran. One that
/// create_vm mounted ahead counts from the attach_disk on; where no journal tells, the mounts decide.
struct GetDisks: Query {
    static let name = "get_disks"
    static let arguments = ["vm_cid"]
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
    }

    func answer(_ world: World) throws -> JSON {
        let container = try world.requireVM(vm)
        let ahead = world.recorder.store.disksMountedAhead(in: vm) ?? []
        let live = try world.liveDisks(of: vm, in: container.id)
        return JSON(
            Set(container.mountedDisks.filter { !ahead.contains($0) } + live).map(\.description)
                .sorted())
    }
}
