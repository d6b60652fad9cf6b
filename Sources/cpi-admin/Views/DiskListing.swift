import CPI
import Engine
import Journal

extension Listing {
    /// Disks, and since when each has no VM.
    init(_ disks: [(DiskReport, Detachment?)]) {
        func words(_ names: [String]) -> Cell {
            Cell(names.isEmpty ? "-" : names.joined(separator: " "))
        }
        func size(_ disk: DiskReport) -> Cell {
            var cell = Cell("\(disk.sizeMiB) MiB")
            cell.number = Int64(disk.sizeMiB)
            return cell
        }
        self.init(
            name: "disks",
            columns: [
                Column("disk", least: 8), Column("size", unit: "mib"), Column("limit"),
                Column("used", unit: "bytes"),
                Column("kind", least: 5), Column("attached_to", least: 8),
                Column("detached_since", title: Terminal.isInteractive ? "DETACHED" : nil),
                Column("snapshots", least: 8),
            ],
            rows: disks.map { disk, detached in
                [
                    Cell(disk.disk), size(disk),
                    Cell(
                        disk.isEnforced ? "enforced" : "label only",
                        short: disk.isEnforced ? "enforced" : "label"),
                    Span.cell(bytes: disk.usedBytes), Cell(disk.kind),
                    disk.unseen.map { Cell("unknown: \($0)", short: "unknown", style: .doubtful) }
                        ?? words(disk.holders),
                    detached?.cell ?? Cell("-"), words(disk.snapshots),
                ]
            },
            documents: disks.map { disk, detached in
                [
                    "disk": .string(disk.disk), "size_mib": .integer(Int64(disk.sizeMiB)),
                    "enforced": .bool(disk.isEnforced),
                    "used_bytes": disk.usedBytes.map { .integer(Int64($0)) } ?? .null,
                    "kind": .string(disk.kind), "attached_to": JSON(disk.holders),
                    "unseen": disk.unseen.map(JSON.string) ?? .null,
                    "detached_since": detached?.since.map(JSON.string) ?? .null,
                    "detached_after": detached?.after.map(JSON.string) ?? .null,
                    "snapshots": JSON(disk.snapshots),
                ]
            }, nothing: "no disks")
    }
}

extension Detachment {
    fileprivate var cell: Listing.Cell {
        switch self {
        case .since(let time): Span.cell(time)
        case .after(let time):
            Listing.Cell("unknown, after \(Timestamp.text(time))", short: "<\(Span.age(time))")
        }
    }

    fileprivate var since: String? {
        if case .since(let time) = self { Timestamp.text(time) } else { nil }
    }

    fileprivate var after: String? {
        if case .after(let time) = self { Timestamp.text(time) } else { nil }
    }
}
