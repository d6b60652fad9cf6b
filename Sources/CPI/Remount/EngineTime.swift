/// A time as an Engine writes it (RFC 3339, UTC), which cuts zeros off the fraction: its texts do not
/// sort as the times do.
struct EngineTime: Comparable {
    private let seconds: String
    private let fraction: String

    /// Nil for anything but a time in UTC.
    init?(_ text: String) {
        guard text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1)
        guard let first = parts.first, first.utf8.count == 19 else { return nil }
        seconds = String(first)
        let digits = parts.count > 1 ? String(parts[1]) : ""
        fraction = digits + String(repeating: "0", count: max(0, 9 - digits.count))
    }

    static func < (one: EngineTime, other: EngineTime) -> Bool {
        (one.seconds, one.fraction) < (other.seconds, other.fraction)
    }
}
