import CPI
import Engine
import Journal

extension Listing {
    /// Disks, and since when each has no VM.
    init(_ disks: [(DiskReport, Detachment?)]) {
        self.init(
            name: "disks",
            columns: [
                Column("disk", least: 8), Column("size", unit: "mib"), Column("limit"),
                Column("used", unit: "bytes"),
                Column("kind", least: 5), Column("attached_to", least: 8),
                Column("detached_since", title: Terminal.isInteractive ? "DETACHED" : nil),
                Column("snapshots", least: 8),
            ],
            rows: disks.map { $0.cells($1) }, documents: disks.map { $0.document($1) },
            nothing: "no disks")
    }
}

extension DiskReport {
    fileprivate func cells(_ detached: Detachment?) -> [Listing.Cell] {
        func words(_ names: [String]) -> Listing.Cell {
            Listing.Cell(names.isEmpty ? "-" : names.joined(separator: " "))
        }
        var size = Listing.Cell("\(sizeMiB) MiB")
        size.number = Int64(sizeMiB)
        let limit = Listing.Cell(
            isEnforced ? "enforced" : "label only", short: isEnforced ? "enforced" : "label")
        let unknown = unseen.map {
            Listing.Cell("unknown: \($0)", short: "unknown", style: .doubtful)
        }
        return [
            Listing.Cell(disk), size, limit, Span.cell(bytes: usedBytes), Listing.Cell(kind),
            unknown ?? words(holders), detached?.cell ?? Listing.Cell("-"), words(snapshots),
        ]
    }

    fileprivate func document(_ detached: Detachment?) -> JSON {
        [
            "disk": .string(disk), "size_mib": JSON(sizeMiB),
            "enforced": .bool(isEnforced),
            "used_bytes": JSON(usedBytes),
            "kind": .string(kind), "attached_to": JSON(holders),
            "unseen": JSON(unseen),
            "detached_since": JSON(detached?.since),
            "detached_after": JSON(detached?.after),
            "snapshots": JSON(snapshots),
        ]
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
