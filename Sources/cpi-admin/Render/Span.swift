import CPI
import Engine
import FoundationEssentials
import Journal

/// Times and durations as people read them.
enum Span {
    /// How long ago, in one unit: "12m".
    static func age(_ milliseconds: Int64, now: Int64 = Clock.system.wall()) -> String {
        let seconds = max(0, (now - milliseconds) / 1_000)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m"
        case ..<86_400: return "\(seconds / 3_600)h"
        default: return "\(seconds / 86_400)d"
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
        case ..<3_600_000_000:
            return "\(microseconds / 60_000_000)m\(microseconds / 1_000_000 % 60)s"
        default:
            return "\(microseconds / 3_600_000_000)h\(microseconds / 60_000_000 % 60)m"
        }
    }

    /// A cell: RFC 3339 for programs, the age for people.
    static func cell(_ milliseconds: Int64?) -> Listing.Cell {
        guard let milliseconds else { return Listing.Cell("-") }
        return Listing.Cell(Timestamp.text(milliseconds), short: age(milliseconds))
    }

    /// Of a column with the unit "us".
    static func cell(microseconds: Int64?) -> Listing.Cell {
        var cell = Listing.Cell(microseconds.map(duration) ?? "-")
        cell.number = microseconds
        return cell
    }

    /// Of a column with the unit "bytes".
    static func cell(bytes: Int?) -> Listing.Cell {
        var cell = Listing.Cell(bytes.map(mebibytes) ?? "-")
        cell.number = bytes.map(Int64.init)
        return cell
    }

    static func mebibytes(_ bytes: Int) -> String { "\((bytes + 1_048_575) >> 20) MiB" }
}
