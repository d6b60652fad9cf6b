import Engine
import Journal

/// Growing a disk that has no enforced limit needs nothing but to be written down. Anything else is
/// NotSupported, and the director copies to a new disk instead.
struct ResizeDisk: Mutation {
    static let name = "resize_disk"
    static let arguments = ["disk_cid", "new_size"]
    static let rule = RecoveryRule.nothing
    let disk: DiskCID
    let sizeMiB: Int
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        sizeMiB = try arguments[1].int(1...(1 << 40))
    }

    func plan(_ world: World) throws -> DiskSize {
        try DiskSize.growing(disk, to: sizeMiB, world)
    }

    static func steps(_ plan: DiskSize, _ call: ResizeDisk?) -> [Step] { [] }
    static func situation(_ plan: DiskSize, _ world: World) -> Situation { .unfinished }
    func answer(_ plan: DiskSize, _ request: CallContext) -> JSON { .null }
}
