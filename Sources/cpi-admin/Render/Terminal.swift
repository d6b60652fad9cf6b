import CPI
import Glibc
import Journal

/// People get relative times, short ids and colour; pipes get everything, in full and plain.
enum Terminal {
    static let isInteractive = isatty(STDOUT_FILENO) == 1

    /// Colour of a state, if anybody sees it.
    static func paint(_ text: String, as state: String) -> String {
        let color = ["done": 32, "failed": 31, "interrupted": 33, "parked": 35, "running": 36][
            state]
        guard isInteractive, let color else { return text }
        return "\u{1b}[\(color)m\(text)\u{1b}[0m"
    }

    /// A UUID's first eight digits are enough for an eye.
    static func shorten(_ text: String) -> String {
        isInteractive ? shortened(text) : text
    }

    static func shortened(_ text: String) -> String {
        text.replacing(#/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#) {
            "\($0.output.1)…"
        }
    }

    static func time(_ milliseconds: Int64) -> String {
        guard isInteractive else { return Timestamp.text(milliseconds) }
        let seconds = max(0, (Clock.system.wall() - milliseconds) / 1_000)
        switch seconds {
        case ..<60: return "\(seconds)s ago"
        case ..<3_600: return "\(seconds / 60)m ago"
        case ..<86_400: return "\(seconds / 3_600)h ago"
        default: return "\(seconds / 86_400)d ago"
        }
    }

    /// Microseconds with a fitting unit.
    static func duration(_ microseconds: Int64) -> String {
        func decimal(_ number: Int64, _ unit: Int64) -> String {
            "\(number / unit).\(number % unit * 10 / unit)"
        }
        switch microseconds {
        case ..<1_000: return "\(microseconds)us"
        case ..<1_000_000: return decimal(microseconds, 1_000) + "ms"
        case ..<60_000_000: return decimal(microseconds, 1_000_000) + "s"
        default:
            return "\(microseconds / 60_000_000)m\(microseconds / 1_000_000 % 60)s"
        }
    }

    /// Columns as wide as their widest cell, two blanks apart. `paint` colours a padded cell.
    static func table(_ rows: [[String]], paint: (Int, Int, String) -> String = { $2 }) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.enumerated().map { number, row in
            let cells = row.enumerated().map { column, cell in
                let isLast = column == row.count - 1
                let padding = isLast ? 0 : widths[column] - cell.count
                return paint(number, column, cell + String(repeating: " ", count: padding))
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
