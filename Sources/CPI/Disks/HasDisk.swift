import Engine
import Journal

/// Whether the volume of a persistent disk is there.
struct HasDisk: Query {
    static let name = "has_disk"
    static let arguments = ["disk_cid"]
    let disk: DiskCID
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
    }

    func answer(_ world: World) throws -> JSON {
        let isThere = try world.disk(disk) != nil
        if !isThere { try world.warnIfOnAnotherDaemon(disk.subject) }
        return .bool(isThere)
    }
}
