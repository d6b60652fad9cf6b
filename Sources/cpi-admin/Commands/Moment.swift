import ArgumentParser
import CPI
import FoundationEssentials
import Journal

/// From when on, for all commands that look back.
struct Beginning: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what began at this time or later: " + Moment.help, valueName: "time"))
    var since: Moment?
}

/// A time as operators say it: "2h" ago, "yesterday", or a timestamp. Times without a zone are UTC.
struct Moment: ExpressibleByArgument {
    /// Unix time in milliseconds.
    let milliseconds: Int64

    static let help =
        "\"90s\", \"2h\", \"3d\", \"today\", \"yesterday\", \"14:30\" or a date or "
        + "timestamp such as 2026-11-24 or 2026-11-24T14:30:00Z; UTC."

    init?(argument: String) { self.init(argument, now: Clock.system.wall()) }

    init?(_ text: String, now: Int64) {
        let day: Int64 = 86_400_000
        let today = now / day * day
        let words = text.lowercased().split(separator: " ").filter { $0 != "ago" }.joined()
        switch words {
        case "now": milliseconds = now
        case "today": milliseconds = today
        case "yesterday": milliseconds = today - day
        default:
            guard
                let found = Moment.span(words).map({ now - $0 }) ?? Moment.time(text)
                    ?? Moment.clock(words, today)
            else { return nil }
            milliseconds = found
        }
    }

    /// "2h", "2hours": so many milliseconds.
    static func span(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count < 1_000_000 else { return nil }
        let units: [(String, Int64)] = [
            ("seconds", 1), ("minutes", 60), ("hours", 3_600), ("days", 86_400),
            ("weeks", 604_800),
        ]
        let unit = text.dropFirst(digits.count)
        guard !unit.isEmpty, let found = units.first(where: { $0.0.hasPrefix(unit) }) else {
            return nil
        }
        return count * found.1 * 1_000
    }

    private static func time(_ text: String) -> Int64? {
        var text = text.trimmingPrefix(" ").replacing(" ", with: "T")
        guard text.utf8.count >= 10, text.utf8.dropFirst(4).first == UInt8(ascii: "-") else {
            return nil
        }
        if text.utf8.count == 10 { text += "T00:00" }
        if text.utf8.count == 16 { text += ":00" }
        let isZoned = text.hasSuffix("Z") || text.dropFirst(19).contains { "+-".contains($0) }
        if !isZoned { text += "Z" }
        let hasFraction = text.contains(".")
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
        guard isDay(String(text.prefix(10))), let date = try? Date(text, strategy: style) else {
            return nil
        }
        return Int64((date.timeIntervalSince1970 * 1_000).rounded())
    }

    /// Whether there is such a day: Foundation takes 30 February for 2 March.
    private static func isDay(_ text: String) -> Bool {
        guard let day = try? Date(text + "T00:00:00Z", strategy: .iso8601) else { return false }
        return Timestamp.text(Int64(day.timeIntervalSince1970) * 1_000).hasPrefix(text)
    }

    /// "14:30": of today.
    private static func clock(_ text: String, _ today: Int64) -> Int64? {
        let parts = text.split(separator: ":").compactMap { Int64($0) }
        guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]),
            text.contains(":")
        else { return nil }
        return today + (parts[0] * 60 + parts[1]) * 60_000
    }
}
