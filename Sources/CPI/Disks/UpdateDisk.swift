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
    /// What the disk is to be made from, where that is said.
    let snapshot: SnapshotCID?
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(DiskSize.possible)
        _ = try arguments[2].optional { try $0.object() }
        kind = try DiskKind(arguments[2])
        snapshot = try arguments[2].member("snapshot").optional { try SnapshotCID($0) }
    }

    func plan(_ world: World) throws -> DiskSize {
        let volume = try world.requireDisk(disk)
        guard kind.fits(volume) else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot change driver or options of disk \(disk) in place")
        }
        guard snapshot == nil || volume.labels[Label.copyOf] == snapshot?.description else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot put a snapshot into disk \(disk) in place")
        }
        return try DiskSize.growing(disk, to: sizeMiB, world)
    }
}
