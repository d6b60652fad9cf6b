import Journal

/// The reference of a stemcell's image.
struct StemcellCID: CID {
    static let kind = Subject.Kind.stemcell
    static let prefix = "stemcell:"

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

    /// Whether it is the Go CPI's: `bosh.io/stemcells:img-…`, or `REPOSITORY@DIGEST` of an image in a registry.
    var isGoCPIs: Bool { isShared || description.hasPrefix(StemcellCID.goCPIs + ":") }

    /// The repository that the Go CPI imports into.
    static let goCPIs = "bosh.io/stemcells"

    /// Whether several stemcells may have this CID: the Go CPI's of images in a registry.
    var isShared: Bool { description.contains("@") }

    /// The image's name until it is complete.
    var incomplete: String { description + Unfinished.suffix }

    /// The container that a stemcell is committed from: made from what was imported or pulled, never started,
    /// and gone when the stemcell is there. A container's name cannot have a colon.
    var base: String {
        String(description.map { $0.isLetter || $0.isNumber ? $0 : "-" }) + ".base"
    }

    /// The stemcell that an image of this name is to become; nil for any other name.
    static func ofIncomplete(_ tag: String) -> StemcellCID? {
        let suffix = Unfinished.suffix
        return tag.hasSuffix(suffix) ? StemcellCID(String(tag.dropLast(suffix.count))) : nil
    }
}
