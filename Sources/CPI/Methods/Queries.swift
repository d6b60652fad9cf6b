import Engine
import Journal

/// True for a stopped VM and for one that is being replaced; an error when Docker does not answer.
struct HasVM: Query {
    static let name = "has_vm"
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ values: [JSON]) throws {
        vm = try VMCID(Arguments(values, ["vm_cid"], of: HasVM.name)[0])
    }

    func answer(_ world: World) throws -> JSON { .bool(try world.vm(vm) != nil) }
}

struct HasDisk: Query {
    static let name = "has_disk"
    let disk: DiskCID
    var subjects: [Subject] { [disk.subject] }

    init(_ values: [JSON]) throws {
        disk = try DiskCID(Arguments(values, ["disk_cid"], of: HasDisk.name)[0])
    }

    func answer(_ world: World) throws -> JSON { .bool(try world.disk(disk) != nil) }
}

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

/// The same resources always give the same properties: the director recreates a VM when they differ.
struct CalculateVMCloudProperties: Query {
    static let name = "calculate_vm_cloud_properties"
    let subjects: [Subject] = []
    private let properties: JSON

    init(_ values: [JSON]) throws {
        let wanted = try Arguments(values, ["vm_resources"], of: Self.name)[0]
        _ = try wanted.object()
        properties = [
            "cpus": .integer(Int64(try wanted.member("cpu").int(1...10_000))),
            "memory": .integer(Int64(try wanted.member("ram").int(6...(1 << 30)))),
            "ephemeral_disk": .integer(
                Int64(try wanted.member("ephemeral_disk_size").int(1...(1 << 40)))),
        ]
    }

    func answer(_ world: World) -> JSON { properties }
}
