import CPI
import Engine
import Journal

/// A story as text: header, what was asked, timeline, error, Docker, recovery, the next command.
struct StoryText {
    let story: Story
    /// Shows all requests to Docker, and ids in full.
    let isLong: Bool
    private static let barWidth = 16
    var text: String {
        let (entries, hidden) = story.timeline.entries(requests: isLong)
        var parts = [Table.pairs(story.header)]
        if let asked { parts.append(section("Asked", asked)) }
        parts.append(timeline(entries))
        if hidden > 0 { parts[parts.count - 1] += "\n(\(hidden) requests to Docker: --requests)" }
        if let error = story.error {
            let title = story.view.state == .done ? "Note" : "Error"
            parts.append(paragraph("\(title):", error))
        }
        parts += present
        return parts.joined(separator: "\n\n")
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        ([Terminal.styled(title, .title)] + Terminal.indented(lines)).joined(separator: "\n")
    }

    /// The plan's members, one each; objects as JSON.
    private var asked: [String]? {
        let known = Set(story.view.subjects.map(\.cid))
        let members = (story.plan.object ?? [:]).filter { key, value in
            if isLong { return true }
            let isEmpty = value.isNull || value == [] || value == [:] || value == ""
            return !isEmpty && !PlanMembers.bookkeeping.contains(key)
                && !known.contains(value.string ?? "")
        }
        guard !members.isEmpty else { return nil }
        return members.sorted { $0.key < $1.key }.map { key, value in
            let text = value.string ?? value.text
            return "\(key): \(isLong ? text : Terminal.shortenedHex(text))"
        }
    }

    private func timeline(_ entries: [Timeline.Entry]) -> String {
        let end = entries.map { $0.offset + ($0.took ?? 0) }.max() ?? 0
        let columns = [
            Listing.Column("offset"), Listing.Column("took"),
            Listing.Column("event"), Listing.Column("step", title: "STEP OR REQUEST", least: 20),
        ]
        let bars = Terminal.isInteractive && Terminal.width >= 80
        let listing = Listing(
            name: "events", columns: bars ? columns.inserting(bar, at: 2) : columns,
            rows: entries.map { entry in
                let row = row(entry)
                return bars ? row.inserting(cell(entry, end), at: 2) : row
            }, documents: [], nothing: "no events")
        return listing.text(.table)
    }

    private var bar: Listing.Column { Listing.Column("when", title: "WHEN") }

    private func row(_ entry: Timeline.Entry) -> [Listing.Cell] {
        let isOpen = [.doing, .undoing].contains(entry.event.kind)
        let style: Terminal.Style? = entry.isFailure ? .bad : isOpen ? .doubtful : nil
        let text = isLong ? entry.text : Terminal.shortenedHex(entry.text)
        return [
            Listing.Cell("+" + Span.duration(entry.offset)),
            Listing.Cell(entry.took.map(Span.duration) ?? ""),
            Listing.Cell(entry.event.kind.rawValue, style: style),
            Listing.Cell(text, short: isLong ? text : Terminal.shortened(text)),
        ]
    }

    /// Where in the operation's time it lies, and how much of it it takes.
    private func cell(_ entry: Timeline.Entry, _ end: Int64) -> Listing.Cell {
        let width = StoryText.barWidth
        guard end > 0 else { return Listing.Cell(String(repeating: " ", count: width)) }
        let start = min(width - 1, Int(entry.offset * Int64(width) / end))
        let isWhole = entry.event.kind == .outcome
        let length = isWhole ? 0 : Int((entry.took ?? 0) * Int64(width) / end)
        let mark = length > 0 ? String(repeating: "━", count: min(width - start, length)) : "·"
        let text = String(repeating: " ", count: isWhole ? width - 1 : start) + mark
        return Listing.Cell(Table.pad(text, width), style: .busy)
    }

    private var present: [String] {
        var parts: [String] = []
        let now = story.present
        let facts = now.facts.flatMap(\.sentences)
        let lines = facts + (now.trouble.map { ["not known: \($0)"] } ?? [])
        if !lines.isEmpty {
            parts.append(section("Docker now", lines.map(shown)))
        }
        if let explanation = now.explanation {
            let lines =
                ["would: \(explanation.action)"]
                + explanation.situation.map { "because: \($0)" } + ["rule: \(explanation.rule)"]
                + explanation.removalLines.map { "removes: \($0)" }
            parts.append(section("Recovery", lines.map(shown)))
        }
        if let next = now.next { parts.append(paragraph("Next:", next)) }
        return parts
    }

    private func paragraph(_ title: String, _ text: String) -> String {
        let lines =
            Terminal.isInteractive
            ? Terminal.wrapped("\(title) \(text)", Terminal.width) : ["\(title) \(text)"]
        return lines.joined(separator: "\n").replacing(
            title, with: Terminal.styled(title, .title), maxReplacements: 1)
    }

    private func shown(_ line: String) -> String {
        isLong || !Terminal.isInteractive ? line : Terminal.shortened(line)
    }
}

extension Array {
    fileprivate func inserting(_ element: Element, at index: Int) -> [Element] {
        var copy = self
        copy.insert(element, at: index)
        return copy
    }
}
