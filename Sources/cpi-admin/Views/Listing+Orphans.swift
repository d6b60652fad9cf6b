import CPI
import Engine

extension Listing {
    init(orphans: [Orphan]) {
        let hasSizes = orphans.contains { $0.bytes != nil }
        let size = Column("size", unit: "bytes")
        self.init(
            name: "orphans",
            columns: [
                Column("kind"), Column("name", least: 10),
                Column("created", title: Terminal.isInteractive ? "AGE" : nil),
            ]
                + (hasSizes ? [size] : [])
                + [Column("reason", least: 12), Column("command", least: 12)],
            rows: orphans.map { orphan in
                [
                    Cell(orphan.kind.rawValue), Cell(orphan.name),
                    Span.cell(orphan.createdAt),
                ] + (hasSizes ? [Span.cell(bytes: orphan.bytes)] : [])
                    + [Cell(orphan.reason), Cell(Invocation.complete(orphan.command))]
            },
            documents: orphans.map { orphan in
                var reason: String?
                if case .never(let why) = orphan.removal { reason = why }
                return [
                    "kind": .string(orphan.kind.rawValue), "name": .string(orphan.name),
                    "reason": .string(orphan.reason),
                    "command": .string(Invocation.complete(orphan.command)),
                    "created": JSON(orphan.created),
                    "bytes": JSON(orphan.bytes),
                    "removable": .bool(orphan.removal.isPossible),
                    "kept_because": JSON(reason),
                ]
            }, nothing: "no orphans")
    }
}

/// Orphans for a person: why and what to do in full, to be copied from the terminal.
enum OrphanText {
    static func text(_ orphans: [Orphan]) -> String {
        orphans.map { orphan in
            let age = orphan.createdAt.map { ", \(Span.age($0)) old" }
            let size = orphan.bytes.map { ", \(Span.mebibytes($0))" }
            let head = Terminal.styled(orphan.title, .title) + (age ?? "") + (size ?? "")
            let lines = Terminal.indented(
                [orphan.reason, "→ " + Invocation.complete(orphan.command)])
            return ([head] + lines).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
