import Journal

/// The name of a persistent disk: of its volume.
struct DiskCID: CID {
    static let kind = Subject.Kind.disk
    static let prefix = "disk-"

    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.dockerName() }

    /// Made by the Go CPI, which sets no labels. Its ephemeral volumes begin alike and are no disks.
    var isGoCPIs: Bool {
        description.hasPrefix("vol-") && VMCID.role(of: description) == nil
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
