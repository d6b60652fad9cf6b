import FoundationEssentials
import Journal

/// Times as Docker writes them: RFC 3339 with up to nine decimals, and any zone. A volume's and a
/// network's have the daemon's zone, a container's have none.
public enum DockerTime {
    /// Unix milliseconds; nil for another text.
    public static func milliseconds(_ text: String) -> Int64? {
        let rest = text.dropFirst(19)
        let decimals = rest.first == "." ? rest.dropFirst().prefix { $0.isNumber } : ""
        let zone = rest.dropFirst(decimals.isEmpty ? 0 : decimals.count + 1)
        guard let date = try? Date(text.prefix(19) + zone, strategy: Date.ISO8601FormatStyle())
        else { return nil }
        let thousandths = Int64((decimals + "000").prefix(3)) ?? 0
        return Int64(date.timeIntervalSince1970) * 1_000 + thousandths
    }

    /// The same time in UTC, to the second, for people; another text as it is.
    public static func utc(_ text: String) -> String {
        milliseconds(text).map { Timestamp.text($0).prefix(19) + "Z" } ?? text
    }
}
