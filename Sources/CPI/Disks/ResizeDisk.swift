import Engine
import Journal

/// Growing a disk that has no enforced limit needs nothing but to be written down. Anything else is
/// NotSupported, and the director copies to a new disk instead.
struct ResizeDisk: RecordedOnly {
    static let name = "resize_disk"
    static let arguments = ["disk_cid", "new_size"]
    let disk: DiskCID
    let sizeMiB: Int
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(DiskSize.possible)
    }

    func plan(_ world: World) throws -> DiskSize {
        try DiskSize.growing(disk, to: sizeMiB, world)
    }
}
