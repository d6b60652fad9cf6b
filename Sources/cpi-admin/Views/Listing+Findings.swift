import CPI
import Engine

extension Listing {
    init(findings: [Finding]) {
        self.init(
            name: "findings",
            columns: [
                Column("what", least: 12), Column("state"), Column("detail", least: 20),
                Column("advice", least: 16),
            ],
            rows: findings.map { finding in
                [
                    Cell(finding.what, short: Terminal.shortened(finding.what)),
                    Cell(finding.level.rawValue, style: finding.level.style),
                    Cell(finding.words), Cell(Invocation.complete(finding.advice ?? "")),
                ]
            },
            documents: findings.map { finding in
                [
                    "what": .string(finding.what), "ok": .bool(finding.level != .fail),
                    "level": .string(finding.level.rawValue), "detail": .string(finding.words),
                    "advice": finding.advice.map { .string(Invocation.complete($0)) } ?? .null,
                ]
            }, nothing: "nothing was looked at")
    }
}

extension Finding.Level {
    fileprivate var style: Terminal.Style {
        switch self {
        case .ok: .good
        case .warn: .doubtful
        case .fail: .bad
        }
    }
}

/// Findings for a person: in full, each with its advice below.
enum FindingText {
    static func text(_ findings: [Finding]) -> String {
        let width = findings.map { Terminal.shortened($0.what).count }.max() ?? 0
        return findings.map { finding in
            let level = Table.pad(finding.level.rawValue, 4)
            let head =
                Terminal.styled(level, finding.level.style) + "  "
                + Table.pad(Terminal.shortened(finding.what), width) + "  "
            let room = max(20, Terminal.width - width - 8)
            let lines =
                Terminal.wrapped(finding.words, room)
                + (finding.advice.map { Terminal.wrapped("→ " + Invocation.complete($0), room) }
                    ?? [])
            return head
                + lines.joined(separator: "\n" + String(repeating: " ", count: width + 8))
        }.joined(separator: "\n")
    }
}
