import CPI
import Engine
import Journal

/// A line of a timeline: one operation, or several of a kind in a row that went well.
struct Chapter {
    let first: OperationView
    var last: OperationView
    var count = 1
    /// What it did to the VM's container, or how it ended, in words.
    let words: String

    static func chapters(_ views: [OperationView], folds: Bool) -> [Chapter] {
        var chapters: [Chapter] = []
        for view in views {
            if folds, let previous = chapters.last, previous.continues(with: view) {
                chapters[chapters.count - 1].last = view
                chapters[chapters.count - 1].count += 1
            } else {
                chapters.append(Chapter(first: view, last: view, words: words(view)))
            }
        }
        return chapters
    }

    private func continues(with view: OperationView) -> Bool {
        view.operation.method == first.operation.method && view.state == .done
            && last.state == .done && words.isEmpty
            && Methods.isRoutine(view.operation.method)
    }

    private static func words(_ view: OperationView) -> String {
        var parts: [String] = []
        if let way = DiskWay.words(view.operation) { parts.append(way) }
        if view.state == .done, let old = DiskWay.replaced(view.operation) {
            parts.append("container \(old.prefix(12)) was replaced")
        }
        if let error = view.operation.error { parts.append(error) }
        let attempts = view.operation.attempts
        if attempts > 0 { parts.append("settled by recovery (\(attempts))") }
        return parts.joined(separator: "; ")
    }
}

extension Listing {
    init(chapters: [Chapter], about kind: Subject.Kind) {
        let other: Subject.Kind = kind == .vm ? .disk : .vm
        self.init(
            name: "operations",
            columns: [
                Column("started", title: Terminal.isInteractive ? "AGO" : nil), Column("id"),
                Column("state"), Column("method", least: 8), Column(other.rawValue, least: 8),
                Column("duration", unit: "us", title: "TOOK"),
                Column("words", title: "WHAT", least: 12),
            ],
            rows: chapters.map { chapter in
                let view = chapter.last
                let times = chapter.count > 1 ? " ×\(chapter.count)" : ""
                let cids = view.cids(other)
                return [
                    Span.cell(chapter.first.operation.started), Cell(view.operation.id),
                    Cell(view.state.rawValue, style: view.state.style),
                    Cell(view.operation.method + times), Cell(cids.isEmpty ? "-" : cids),
                    Span.cell(microseconds: view.operation.duration),
                    Cell(chapter.words, short: Terminal.shortened(chapter.words)),
                ]
            },
            documents: chapters.map { chapter in
                var json = chapter.last.json
                json["count"] = JSON(chapter.count)
                json["words"] = .string(chapter.words)
                return json
            }, nothing: "nothing has touched it")
    }
}
