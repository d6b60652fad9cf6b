import Engine
import Journal

/// Growing a disk that has no enforced limit needs nothing but to be written down. Anything else is
/// NotSupported, and the director copies to a new disk instead.
struct ResizeDisk: Mutation {
    static let name = "resize_disk"
    static let lane = Lane.nothing
    let disk: DiskCID
    let sizeMiB: Int
    var subjects: [Subject] { [disk.subject] }

    init(_ values: [JSON]) throws {
        let arguments = try Arguments(values, ["disk_cid", "new_size"], of: Self.name)
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(1...(1 << 40))
    }

    func plan(_ world: World) throws -> DiskSize {
        try DiskSize.growing(disk, to: sizeMiB, world)
    }

    static func steps(_ plan: DiskSize, _ call: ResizeDisk?) -> [Step] { [] }
    static func situation(_ plan: DiskSize, _ world: World) -> Situation { .old }
    func answer(_ plan: DiskSize, _ request: CallContext) -> JSON { .null }
}

/// In place when the disk's driver and options stay as they are and it does not shrink.
struct UpdateDisk: Mutation {
    static let name = "update_disk"
    static let lane = Lane.nothing
    let disk: DiskCID
    let sizeMiB: Int
    let properties: Field
    var subjects: [Subject] { [disk.subject] }

    init(_ values: [JSON]) throws {
        let arguments = try Arguments(
            values, ["disk_cid", "new_size", "cloud_properties"], of: Self.name)
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(1...(1 << 40))
        properties = arguments[2]
        _ = try properties.optional { try $0.object() }
    }

    func plan(_ world: World) throws -> DiskSize {
        let volume = try world.requireDisk(disk)
        let driver = try properties.member("driver").optional { try $0.nonEmptyString() } ?? "local"
        let options = try properties.member("driver_opts").optional { try $0.strings() } ?? [:]
        guard driver == volume.driver, options == volume.options else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot change driver or options of disk \(disk) in place")
        }
        return try DiskSize.growing(disk, to: sizeMiB, world)
    }

    static func steps(_ plan: DiskSize, _ call: UpdateDisk?) -> [Step] { [] }
    static func situation(_ plan: DiskSize, _ world: World) -> Situation { .old }
    /// Null: the disk keeps its CID.
    func answer(_ plan: DiskSize, _ request: CallContext) -> JSON { .null }
}

/// A disk's size from now on, in MiB.
struct DiskSize: Codable {
    let disk: DiskCID
    let sizeMiB: Int

    static func growing(_ disk: DiskCID, to sizeMiB: Int, _ world: World) throws -> DiskSize {
        let volume = try world.requireDisk(disk)
        if volume.options["size"] != nil || volume.options["o"]?.contains("size=") == true {
            throw CPIError(
                kind: .notSupported,
                message: "cannot resize disk \(disk): its driver enforces its size")
        }
        let present = try current(disk, volume, world)
        guard sizeMiB >= present else {
            throw CPIError(
                kind: .notSupported,
                message: "cannot shrink disk \(disk) from \(present) MiB to \(sizeMiB) MiB")
        }
        return DiskSize(disk: disk, sizeMiB: sizeMiB)
    }

    /// The label says how it was made; the journal, what became of it.
    private static func current(_ disk: DiskCID, _ volume: Volume, _ world: World) throws -> Int {
        let label = volume.labels[Label.sizeMiB].flatMap { Int($0) } ?? 0
        let recorded = [ResizeDisk.name, UpdateDisk.name].compactMap { method in
            world.recorder.read {
                try $0.done(method: method, subject: disk.description).first?.plan
            }
        }
        let sizes = recorded.compactMap {
            $0.flatMap { try? JSON(parsing: $0.utf8)["sizeMiB"].int }
        }
        return max(label, sizes.max() ?? 0)
    }
}
