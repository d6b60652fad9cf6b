import Journal

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
