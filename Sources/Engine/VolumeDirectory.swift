/// The directory on the host in which Docker keeps a local volume: `…/volumes/NAME/_data`.
public enum VolumeDirectory {
    private static let last = "_data"

    /// The volume that keeps a path of the host; nil when none does.
    public static func volume(keeping path: String) -> String? {
        let parts = path.split(separator: "/")
        guard let data = parts.firstIndex(of: Substring(last)), data > 1,
            parts[data - 2] == "volumes"
        else { return nil }
        return String(parts[data - 1])
    }

    /// The volumes that a path of the host may lie in or be all of, by the names that follow `volumes` in it. It need not
    /// be clean.
    public static func volumes(around path: String) -> [String] {
        let parts = UnixPath.cleaned(path).split(separator: "/")
        return zip(parts, parts.dropFirst()).filter { $0.0 == "volumes" }.map { String($0.1) }
    }

    /// Whether a path ends as the directory of that volume does, whatever is above it.
    public static func isDirectory(_ path: String, of volume: String) -> Bool {
        path.hasSuffix("/\(volume)/\(last)")
    }

    /// The directory of all volumes, with a slash at its end: nil for a path that is no volume's directory.
    public static func parent(_ path: String) -> Substring? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts.last == Substring(last) else { return nil }
        return path.dropLast(parts.suffix(2).joined(separator: "/").count)
    }
}
