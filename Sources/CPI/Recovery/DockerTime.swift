import FoundationEssentials

/// Times as Docker writes them: RFC 3339 with nine decimals, and any zone.
enum DockerTime {
    /// Unix milliseconds, to the second; nil for another text.
    static func milliseconds(_ text: String) -> Int64? {
        let zone = text.dropFirst(19).drop { $0 == "." || $0.isNumber }
        guard let date = try? Date(text.prefix(19) + zone, strategy: Date.ISO8601FormatStyle())
        else { return nil }
        return Int64(date.timeIntervalSince1970) * 1_000
    }
}
