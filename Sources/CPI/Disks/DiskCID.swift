import Journal

/// The name of a volume that is kept for a director: of a disk, or of a copy of one.
protocol VolumeCID: CID {}

extension VolumeCID {
    /// The container that keeps Docker from removing the volume, whether it is in use or not.
    var keeper: String { "\(self).keep" }

    /// The container that fills it, and that is gone when it is filled.
    var copier: String { "\(self).copy" }
}

/// The name of a persistent disk: of its volume.
struct DiskCID: VolumeCID {
    static let kind = Subject.Kind.disk
    static let prefix = "disk-"

    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.dockerName() }

    /// Made by the Go CPI, which sets no labels. Its ephemeral volumes begin alike and are no disks.
    var isGoCPIs: Bool { description.isUUID(after: "vol-") }

    /// Ours or the Go CPI's: the name alone says so.
    var isOfDisk: Bool { isOurForm || isGoCPIs }

    /// The container that says which VM the disk is attached to, and keeps Docker from removing it.
    var pin: String { "\(self).pin" }

    /// Where the volume is mounted in the VM, and the hint that the agent is given.
    var hint: String { DiskCID.hints + description }

    /// As one of `HostConfig.Binds`. Into an empty volume Docker would copy what the image has at that place.
    var bind: String { "\(self):\(hint):nocopy" }

    /// The directory in a VM that disks are mounted below.
    static let hints = "/warden-cpi-dev/"

    /// The name of the disk that belongs at this place; nil for any other place.
    static func atHint(_ destination: String) -> String? {
        destination.hasPrefix(hints) ? String(destination.dropFirst(hints.count)) : nil
    }
}
