import Engine
import Journal

/// The disks in the container's real mounts. One that create_vm mounted ahead counts from the
/// attach_disk on; where no journal tells, the mounts decide.
struct GetDisks: Query {
    static let name = "get_disks"
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ values: [JSON]) throws {
        vm = try VMCID(Arguments(values, ["vm_cid"], of: GetDisks.name)[0])
    }

    func answer(_ world: World) throws -> JSON {
        let mounted = try world.requireVM(vm).mounts.filter { $0.type == "volume" }
            .compactMap { DiskCID.atHint($0.destination) == $0.name ? $0.name : nil }
        let ahead = world.recorder.read { try disksMountedAhead($0) } ?? []
        return JSON(mounted.filter { !ahead.contains($0) }.sorted())
    }

    private func disksMountedAhead(_ journal: Journal) throws -> Set<String> {
        guard
            let plan = try journal.done(method: CreateVM.name, subject: vm.description).first?.plan
        else { return [] }
        let disks = try JSON(parsing: plan.utf8)["disks"].array?.compactMap(\.string) ?? []
        let attached = try journal.done(method: AttachDisk.name, subject: vm.description)
            .compactMap { try $0.plan.flatMap { try JSON(parsing: $0.utf8)["disk"].string } }
        return Set(disks).subtracting(attached)
    }
}
