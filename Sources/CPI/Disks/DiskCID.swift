import FoundationEssentials
import Journal

/// The name of a persistent disk: of its volume.
struct DiskCID: CID {
    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.dockerName() }

    /// A CID that no disk has: `disk-` and a random UUID.
    static func random() -> DiskCID { DiskCID("disk-\(UUID().uuidString.lowercased())") }

    var subject: Subject { Subject(.disk, description) }

    /// Made by the Go CPI, which sets no labels. Its ephemeral volumes begin alike and are no disks.
    var isGoCPIs: Bool {
        description.hasPrefix("vol-") && VMCID.role(of: description) == nil
    }

    /// Whether the text has the form of a CID that `random` makes: a `disk-data` may be anybody's.
    var isOurForm: Bool {
        description.hasPrefix("disk-") && UUID(uuidString: String(description.dropFirst(5))) != nil
    }

    /// The container that says which VM the disk is attached to, and keeps Docker from removing it.
    var pin: String { "\(self).pin" }

    /// The container that keeps Docker from removing the disk, whether it is attached or not.
    var keeper: String { "\(self).keep" }

    /// The container that fills it from a snapshot.
    var copier: String { "\(self).copy" }

    /// Where the volume is mounted in the VM, and the hint that the agent is given.
    var hint: String { DiskCID.hints + description }

    /// The directory in a VM that disks are mounted below.
    static let hints = "/warden-cpi-dev/"

    /// The name of the disk that belongs at this place; nil for any other place.
    static func atHint(_ destination: String) -> String? {
        destination.hasPrefix(hints) ? String(destination.dropFirst(hints.count)) : nil
    }
}
