import Journal

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
