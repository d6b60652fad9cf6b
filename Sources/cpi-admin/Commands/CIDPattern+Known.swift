import Journal

extension CIDPattern {
    /// The one that a text means; nil when none is. Throws `Complaint`, with the names, when several are.
    static func one(_ text: String, of cids: some Sequence<String>) throws -> String? {
        let found = Set(cids.filter(CIDPattern(text).fits)).sorted()
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
