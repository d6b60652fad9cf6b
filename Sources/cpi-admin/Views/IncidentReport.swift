import CPI
import Engine
import Journal

/// What a ticket needs of an incident. The names of the members are those in `report.mustache`.
struct IncidentReport {
    struct Lane {
        let name: String
        let bars: [Bar]
    }

    /// `x` and `width` in thousandths of the time that the report spans.
    struct Bar {
        let state: String
        let x: Int
        let width: Int
        let label: String
    }

    struct Entry {
        let offset: String
        let took: String
        let kind: String
        let text: String
        /// The class of the text: "failed", or nothing.
        let style: String
    }

    struct Chapter {
        let id: String
        let method: String
        let state: String
        let started: String
        let took: String
        let subjects: [String]
        let error: String?
        let events: [Entry]
        let next: String?
        /// Shown unfolded: it did not end well.
        let isOpen: Bool
    }

    let title: String
    let made: String
    let version: String
    let sentences: [String]
    let lanes: [Lane]
    let from: String
    let to: String
    let operations: [Chapter]
    let facts: [String]

    /// `views`: the oldest first. `facts`: what Docker says.
    init(_ views: [OperationView], _ journal: Journal, title: String, facts: [String]) throws {
        let spans = try views.map { try TimeSpan($0, journal) }
        let start = spans.map(\.start).min() ?? 0
        let end = max(start + 1, spans.map(\.end).max() ?? 0)
        self.title = title
        made = Timestamp.text(Clock.system.wall())
        version = Version.text
        sentences = Summary(views).sentences
        lanes = IncidentReport.lanes(views, spans, start, end)
        from = Timestamp.text(start)
        to = Timestamp.text(end)
        operations = try views.map { try Chapter($0, journal) }
        self.facts = facts.isEmpty ? ["nothing was asked"] : facts
    }

    private static func lanes(
        _ views: [OperationView], _ spans: [TimeSpan], _ start: Int64, _ end: Int64
    ) -> [Lane] {
        var names: [String] = []
        var bars: [String: [Bar]] = [:]
        for (view, span) in zip(views, spans) {
            let name = view.lane
            if bars[name] == nil { names.append(name) }
            let x = Int((span.start - start) * 1_000 / (end - start))
            let width = Int((span.end - span.start) * 1_000 / (end - start))
            bars[name, default: []].append(
                Bar(
                    state: view.state.rawValue, x: min(x, 996),
                    width: max(4, min(width, 1_000 - x)),
                    label: "\(view.operation.method) \(view.operation.id): \(view.state.rawValue)"))
        }
        return names.map { Lane(name: $0, bars: bars[$0] ?? []) }
    }
}

/// From the beginning to the end of an operation, in Unix milliseconds; of one without an end, to its
/// last event.
private struct TimeSpan {
    let start: Int64
    let end: Int64

    init(_ view: OperationView, _ journal: Journal) throws {
        start = view.operation.started
        let last = try view.operation.finished ?? journal.events(of: view.operation.id).last?.at
        end = max(start, last ?? start)
    }
}

extension IncidentReport.Chapter {
    fileprivate init(_ view: OperationView, _ journal: Journal) throws {
        let operation = view.operation
        let timeline = Timeline(events: try journal.events(of: operation.id))
        self.init(
            id: operation.id, method: operation.method, state: view.state.rawValue,
            started: Timestamp.text(operation.started),
            took: operation.duration.map(Span.duration) ?? "no end",
            subjects: view.subjects.map(\.title)
                + (view.instance.text.map { ["instance \($0)"] } ?? []),
            error: operation.error,
            events: timeline.entries(requests: false).entries.map { entry in
                IncidentReport.Entry(
                    offset: "+" + Span.duration(entry.offset),
                    took: entry.took.map(Span.duration) ?? "", kind: entry.event.kind.rawValue,
                    text: Terminal.shortenedHex(Clean.text(entry.text)),
                    style: entry.isFailure ? "failed" : "")
            },
            next: NextCommand.text(view), isOpen: view.state != .done)
    }
}
