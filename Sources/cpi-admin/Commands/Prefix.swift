/// A CID as an operator types it: whole, its beginning, or as a table shows it, with "…" or "..." in its
/// middle.
enum Prefix {
    static func fits(_ text: String, _ cid: String) -> Bool {
        for mark in ["…", "..."] {
            guard let range = text.firstRange(of: mark) else { continue }
            return cid.hasPrefix(text[..<range.lowerBound])
                && cid.hasSuffix(text[range.upperBound...])
        }
        return cid.hasPrefix(text)
    }

    /// The one that is meant; nil when none is. Throws `Complaint`, with the names, when several are.
    static func one(_ text: String, of cids: some Sequence<String>) throws -> String? {
        let found = Set(cids.filter { fits(text, $0) }).sorted()
        if found.contains(text) { return text }
        guard found.count < 2 else {
            let further = found.count > 5 ? " or one of \(found.count - 5) more" : ""
            throw Complaint(
                "\(text) may be " + found.prefix(5).joined(separator: " or ") + further
                    + "; give more of it", .failure)
        }
        return found.first
    }
}
