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

    /// Repository and tag of a reference that has a tag.
    static func split(_ text: String) -> (repository: String, tag: String) {
        guard let colon = text.lastIndex(of: ":") else { return (text, "latest") }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private static func isName(_ name: Substring) -> Bool {
        var parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 1, let host = parts.first,
            host.contains(where: { ".:".contains($0) }) || host == "localhost"
        {
            guard isHost(host) else { return false }
            parts.removeFirst()
        }
        return !parts.isEmpty && parts.allSatisfy(isComponent)
    }

    /// Lower-case words joined by one '.', one or two '_', or any number of '-'.
    private static func isComponent(_ part: Substring) -> Bool {
        let bytes = Array(part.utf8)
        func isWord(_ byte: UInt8) -> Bool { byte.isAlphanumeric && !(0x41...0x5a).contains(byte) }
        guard let first = bytes.first, let last = bytes.last, isWord(first), isWord(last) else {
            return false
        }
        let separators = part.split(whereSeparator: { $0.isLetter || $0.isNumber })
        return bytes.allSatisfy { isWord($0) || [0x2d, 0x2e, 0x5f].contains($0) }
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
            && part.utf8.allSatisfy { $0.isAlphanumeric || $0 == 0x2d }
    }

    private static func isTag(_ tag: Substring) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128 else { return false }
        return (first.isAlphanumeric || first == 0x5f) && tag.utf8.allSatisfy { $0.isNameCharacter }
    }

    private static func isDigest(_ digest: Substring) -> Bool {
        guard digest.hasPrefix("sha256:") else { return false }
        let hex = digest.dropFirst(7)
        return hex.utf8.count == 64
            && hex.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
