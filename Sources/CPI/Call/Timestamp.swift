import FoundationEssentials

/// Times as people and programs read them.
public enum Timestamp {
    /// RFC 3339 in UTC with milliseconds, of a Unix time in milliseconds.
    public static func text(_ milliseconds: Int64) -> String {
        // A Double of seconds may be a little less than its milliseconds, and be cut off below them.
        let fraction = (milliseconds % 1_000 + 1_000) % 1_000
        let seconds = Date(timeIntervalSince1970: Double((milliseconds - fraction) / 1_000))
        let digits = String(1_000 + fraction).dropFirst()
        return seconds.formatted(Date.ISO8601FormatStyle()).dropLast() + ".\(digits)Z"
    }
}
