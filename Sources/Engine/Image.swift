/// An image as `GET /images/{name}/json` shows it.
public struct Image: Sendable {
    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var id: String { json["Id"].string ?? "" }
    /// Whether a text is its id, or the beginning of it, as Docker takes it for a name.
    public func hasID(_ text: String) -> Bool {
        let (own, digits) = (
            id.split(separator: ":").last ?? "", text.split(separator: ":").last ?? ""
        )
        return own.hasPrefix(digits) && digits.allSatisfy(\.isHexDigit)
            && [String(digits), "sha256:" + digits].contains(text)
    }
    /// Twelve digits of it, as Docker's client shows it.
    public var shortID: String { String((id.split(separator: ":").last ?? "").prefix(12)) }
    public var labels: [String: String] { json["Config"]["Labels"].strings }
    public var createdAt: String { json["Created"].string ?? "" }
    /// `REPOSITORY@sha256:…` of each repository that it was pulled from.
    public var repositoryDigests: [String] {
        (json["RepoDigests"].array ?? []).compactMap(\.string)
    }
    /// Whether it says what a container made from it runs.
    public var hasCommand: Bool {
        [json["Config"]["Cmd"], json["Config"]["Entrypoint"]].contains {
            $0.array?.isEmpty == false
        }
    }
    /// Paths of the volumes that it declares, sorted: each container gets one there, named or not.
    public var declaredVolumes: [String] { (json["Config"]["Volumes"].object ?? [:]).keys.sorted() }
    /// As it was built, in Go's words: `amd64`. Of an import without a word about it, the daemon's.
    public var architecture: String { json["Architecture"].string ?? "" }
    /// How many layers; overlay2 mounts 127 at most.
    public var layers: Int { json["RootFS"]["Layers"].array?.count ?? 0 }

    /// Whether all layers of another one are the lowest of its own.
    public func stands(on other: Image) -> Bool {
        let lowest = other.json["RootFS"]["Layers"].array ?? []
        return !lowest.isEmpty && (json["RootFS"]["Layers"].array ?? []).starts(with: lowest)
    }
}
