/// What an Engine tells of a path in a container without reading what is there.
public struct PathStat: Sendable {
    /// In bytes; of a symbolic link, its own.
    public let size: Int
    /// Where a symbolic link leads in the end, whatever is there: absolute, in the container. Nil for
    /// what is no link.
    public let target: String?
    public let isDirectory: Bool
}
