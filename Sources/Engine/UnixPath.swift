/// Paths as they are inside a container.
public enum UnixPath {
    /// The absolute path without `//`, `.`, `..` and a slash at its end. It never leads above the root.
    public static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Where a symbolic link at `path` leads that says `target`.
    static func following(_ target: String, from path: String) -> String {
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        return cleaned(target.hasPrefix("/") ? target : "\(directory)/\(target)")
    }
}
