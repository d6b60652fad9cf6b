import Engine
import Journal

/// The same resources always give the same properties: the director recreates a VM when they differ.
struct CalculateVMCloudProperties: Query {
    static let name = "calculate_vm_cloud_properties"
    static let arguments = ["vm_resources"]
    let subjects: [Subject] = []
    private let properties: JSON

    init(_ arguments: Arguments) throws {
        let wanted = arguments[0]
        _ = try wanted.object()
        properties = [
            "cpus": JSON(try wanted.member("cpu").int(1...VMResources.mostCPUs)),
            "memory": .integer(Int64(try wanted.member("ram").int(VMResources.memoryMiB))),
            "ephemeral_disk": .integer(
                Int64(try wanted.member("ephemeral_disk_size").int(1...(1 << 40)))),
        ]
    }

    func answer(_ world: World) -> JSON { properties }
}
