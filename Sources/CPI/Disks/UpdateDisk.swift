import Engine
import Journal

/// In place when the disk's driver and options stay as they are and it does not shrink: the disk keeps its CID,
/// and the answer is null.
struct UpdateDisk: RecordedOnly {
    static let name = "update_disk"
    static let arguments = ["disk_cid", "new_size", "cloud_properties"]
    let disk: DiskCID
    let sizeMiB: Int
    let properties: Field
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(DiskSize.possible)
        properties = arguments[2]
        _ = try properties.optional { try $0.object() }
    }

    func plan(_ world: World) throws -> DiskSize {
        let volume = try world.requireDisk(disk)
        let driver =
            try properties.member("driver").optional { try $0.nonEmptyString() } ?? Volume.local
        let options = try properties.member("driver_opts").optional { try $0.strings() } ?? [:]
        // A limit that create_disk has set of its own accord is none of the director's options.
        let own =
            volume.isLocal ? volume.options.filter { $0.key != "size" } : volume.options
        guard driver == volume.driver, options == volume.options || options == own else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot change driver or options of disk \(disk) in place")
        }
        return try DiskSize.growing(disk, to: sizeMiB, world)
    }
}
