import Journal

/// The name of a persistent disk: of its volume.
struct DiskCID: CID {
    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws {
        description = try field.dockerName()
    }

    var subject: Subject { Subject(.disk, description) }
    /// Where the volume is mounted in the VM, and the hint that the agent is given.
    var hint: String { "/warden-cpi-dev/\(self)" }

    static func atHint(_ destination: String) -> String? {
        let prefix = "/warden-cpi-dev/"
        return destination.hasPrefix(prefix) ? String(destination.dropFirst(prefix.count)) : nil
    }
}
