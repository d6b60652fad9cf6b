import Engine
import Journal

struct HasDisk: Query {
    static let name = "has_disk"
    let disk: DiskCID
    var subjects: [Subject] { [disk.subject] }

    init(_ values: [JSON]) throws {
        disk = try DiskCID(Arguments(values, ["disk_cid"], of: HasDisk.name)[0])
    }

    func answer(_ world: World) throws -> JSON { .bool(try world.disk(disk) != nil) }
}
