import Engine
import Journal

/// In place when the disk's driver and options stay as they are and it does not shrink: the disk keeps its CID,
/// and the answer is null.
struct UpdateDisk: RecordedOnly {
    static let name = "update_disk"
    static let arguments = ["disk_cid", "new_size", "cloud_properties"]
    let disk: DiskCID
    let sizeMiB: Int
    let kind: DiskKind
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(DiskSize.possible)
        _ = try arguments[2].optional { try $0.object() }
        kind = try DiskKind(arguments[2])
    }

    func plan(_ world: World) throws -> DiskSize {
        guard kind.fits(try world.requireDisk(disk)) else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot change driver or options of disk \(disk) in place")
        }
        return try DiskSize.growing(disk, to: sizeMiB, world)
    }
}
