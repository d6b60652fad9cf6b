import Engine
import Journal

/// Volume labels cannot be changed: the journal keeps a disk's metadata.
struct SetDiskMetadata: RecordedOnly {
    static let name = "set_disk_metadata"
    static let arguments = ["disk_cid", "metadata"]
    struct Plan: Codable {
        let disk: DiskCID
        let metadata: [String: String]
    }
    let disk: DiskCID
    let metadata: [String: String]
    var subjects: [Subject] { [disk.subject] }
    let locks: [Subject] = []

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        metadata = try arguments[1].metadata()
    }

    func plan(_ world: World) throws -> Plan {
        _ = try world.requireDisk(disk)
        return Plan(disk: disk, metadata: world.recorder.store.cleaned(metadata))
    }
}
