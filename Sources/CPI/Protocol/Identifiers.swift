import Engine
import Journal

/// A name that the director keeps. In a plan it is written as a plain string.
protocol CID: Hashable, Codable, Sendable, CustomStringConvertible {
    init(_ name: String)
}

extension CID {
    init(from decoder: Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The name of a VM: of its container, and the stem of all that belongs to it.
struct VMCID: CID {
    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws {
        description = try field.dockerName()
    }

    var subject: Subject { Subject(.vm, description) }
    /// The volume at /var/vcap/data.
    var ephemeralVolume: String { "\(self)-ephemeral" }
    /// create_vm's container until it is made: the rename to the CID says that it is.
    var unmade: String { "\(self).new" }
    /// The container that is to take over.
    var replacement: String { "\(self).next" }
    /// The volume that says which operation is at work on this VM.
    var mark: String { "\(self).op" }
    /// A container that has been replaced, kept until its successor is known to be well.
    func aside(_ id: String) -> String { "\(self).old-\(id.prefix(12))" }
    /// The image of the writable layer as an operation found it.
    func committedImage(_ operation: String) -> String { "\(self):\(operation)" }
}

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

/// The reference of a stemcell's image.
struct StemcellCID: CID {
    let description: String

    init(_ name: String) { description = name }

    /// Any valid image reference, and nothing else.
    init(_ field: Field) throws {
        let text = try field.nonEmptyString()
        guard ImageReference.isValid(text) else {
            throw Field.Wrong(description: "\(field.name) is not a valid image reference")
        }
        description = text
    }

    var subject: Subject { Subject(.stemcell, description) }
}

extension Field {
    /// A name that Docker would accept for a container or a volume, and that is safe as a file name.
    fileprivate func dockerName() throws -> String {
        let name = try nonEmptyString()
        guard name.utf8.count <= 200 else {
            throw Field.Wrong(
                description: "\(self.name) has \(name.utf8.count) characters; 200 are allowed")
        }
        let isValid =
            name.utf8.allSatisfy { $0.isNameCharacter } && name.utf8.first?.isAlphanumeric == true
            && name.utf8.count >= 2
        guard isValid else {
            throw Field.Wrong(
                description:
                    "\(self.name) is not a CID: letters, digits, '_', '.' and '-' are allowed")
        }
        return name
    }
}

extension UInt8 {
    var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self)
    }
    var isNameCharacter: Bool { isAlphanumeric || self == 0x2d || self == 0x2e || self == 0x5f }
}
