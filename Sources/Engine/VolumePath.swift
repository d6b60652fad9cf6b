/// A path of the Docker host in a local volume: `DIRECTORY/NAME/_data`, or below that.
public struct VolumePath {
    /// The directory of all volumes, `…/volumes`.
    public let directory: String
    public let name: String
    /// Whether it is the volume's own directory, and nothing below.
    public let isRoot: Bool

    /// Nil for any other path.
    public init?(_ path: String) {
        let parts = path.split(separator: "/")
        guard let data = parts.firstIndex(of: "_data"), data > 1, parts[data - 2] == "volumes"
        else { return nil }
        directory = "/" + parts[..<(data - 1)].joined(separator: "/")
        name = String(parts[data - 1])
        isRoot = data == parts.count - 1
    }
}
