import FoundationEssentials

/// Times as people and programs read them.
public enum Timestamp {
    /// RFC 3339 in UTC with milliseconds, of a Unix time in milliseconds.
    public static func text(_ milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
