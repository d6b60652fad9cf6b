/// A CID as an operator types it: whole, its beginning, or as a table shows it, with "…" or "..." in its middle.
public struct CIDPattern: Sendable {
    let start: String
    /// Empty where a text is a beginning alone.
    let end: String

    public init(_ text: String) {
        for mark in ["…", "..."] {
            guard let range = text.firstRange(of: mark) else { continue }
            start = String(text[..<range.lowerBound])
            end = String(text[range.upperBound...])
            return
        }
        (start, end) = (text, "")
    }

    public func fits(_ cid: String) -> Bool { cid.hasPrefix(start) && cid.hasSuffix(end) }
}
