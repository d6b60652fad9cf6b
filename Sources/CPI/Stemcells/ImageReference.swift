import Engine

/// `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`, the grammar of github.com/distribution/reference.
enum ImageReference {
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= 512 else { return false }
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            guard isDigest(rest[rest.index(after: at)...]) else { return false }
            rest = rest[..<at]
        }
        let slash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[slash...].firstIndex(of: ":") {
            guard isTag(rest[rest.index(after: colon)...]) else { return false }
            rest = rest[..<colon]
        }
        return isName(rest)
    }

    /// A valid reference taken apart: what it does not say is nil.
    static func parts(_ text: String) -> (repository: String, tag: String?, digest: String?) {
        let halves = text.split(separator: "@", maxSplits: 1)
        let name = halves.first ?? ""
        let digest = halves.count > 1 ? String(halves[1]) : nil
        let slash = name.lastIndex(of: "/") ?? name.startIndex
        guard let colon = name[slash...].firstIndex(of: ":") else {
            return (String(name), nil, digest)
        }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]), digest)
    }

    /// The registry that a repository is in: Docker's own where it names none.
    static func host(ofRepository name: String) -> String {
        let parts = name.split(separator: "/", maxSplits: 1)
        guard parts.count > 1, let first = parts.first,
            isRegistry(first)
        else { return dockerHub }
        return hubNames.contains(String(first)) ? dockerHub : String(first)
    }

    /// A repository as Docker shows it in digests: `docker.io/library/NAME` is NAME.
    static func shown(repository name: String) -> String {
        var parts = name.split(separator: "/")
        if parts.count > 1, hubNames.contains(String(parts[0])) { parts.removeFirst() }
        if parts.count > 1, parts[0] == "library" { parts.removeFirst() }
        return parts.joined(separator: "/")
    }

    /// Whether the first of several parts names a registry, and no part of the repository.
    private static func isRegistry(_ first: Substring) -> Bool {
        first.contains { ".:".contains($0) } || first == "localhost"
    }

    static let dockerHub = "docker.io"
    static let hubNames: Set = [dockerHub, "index.docker.io", "registry-1.docker.io"]

    /// The tag of a reference that names none.
    static let usualTag = "latest"

    /// Repository and tag, as Docker reads a reference without a tag.
    static func split(_ text: String) -> (repository: String, tag: String) {
        let parts = parts(text)
        return (parts.repository, parts.tag ?? usualTag)
    }

    private static func isName(_ name: Substring) -> Bool {
        var parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 1, let host = parts.first, isRegistry(host) {
            guard isHost(host) else { return false }
            parts.removeFirst()
        }
        return !parts.isEmpty && parts.allSatisfy(isComponent)
    }

    /// Lower-case words joined by one '.', one or two '_', or any number of '-'.
    private static func isComponent(_ part: Substring) -> Bool {
        let bytes = Array(part.utf8)
        func isWord(_ byte: UInt8) -> Bool { byte.isDigit || byte.isSmallLetter }
        guard let first = bytes.first, let last = bytes.last, isWord(first), isWord(last) else {
            return false
        }
        let separators = part.split(whereSeparator: { $0.isLetter || $0.isNumber })
        return bytes.allSatisfy { isWord($0) || "-._".utf8.contains($0) }
            && separators.allSatisfy {
                $0 == "." || $0 == "_" || $0 == "__" || $0.allSatisfy { $0 == "-" }
            }
    }

    private static func isHost(_ host: Substring) -> Bool {
        let parts = host.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first,
            name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isHostPart)
        else { return false }
        return parts.count == 1 || (1...65_535).contains(Int(parts[1]) ?? 0)
    }

    private static func isHostPart(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, let last = part.utf8.last else { return false }
        return first.isAlphanumeric && last.isAlphanumeric
            && part.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
    }

    private static func isTag(_ tag: Substring) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128 else { return false }
        return (first.isAlphanumeric || first == UInt8(ascii: "_"))
            && tag.utf8.allSatisfy { $0.isNameCharacter }
    }

    static func isDigest(_ digest: Substring) -> Bool {
        digest.hasPrefix("sha256:") && isHexDigest(digest.dropFirst(7))
    }

    static func isHexDigest(_ hex: Substring) -> Bool {
        hex.utf8.count == 64
            && hex.utf8.allSatisfy { $0.isHexDigit && !$0.isCapital }
    }
}
