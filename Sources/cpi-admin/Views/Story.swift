import CPI
import Engine
import Journal

/// One operation: what was asked, all that happened, how things are now.
struct Story {
    let view: OperationView
    let events: [Event]
    let present: Present
    var timeline: Timeline { Timeline(events: events) }

    /// Names and values of the first lines.
    var header: [(String, Listing.Cell)] {
        let operation = view.operation
        var lines: [(String, Listing.Cell)] = [
            ("Operation", Listing.Cell(operation.id)), ("Method", Listing.Cell(operation.method)),
            ("State", Listing.Cell(stateWords, style: view.state.style)),
            ("Started", Listing.Cell(began)),
        ]
        if let finished = operation.finished {
            lines.append(("Finished", Listing.Cell(Timestamp.text(finished))))
        }
        for subject in view.subjects {
            let name = subject.kind == .vm ? "VM" : subject.kind.rawValue.capitalized
            lines.append((name, Listing.Cell(subject.cid)))
        }
        let further = [
            ("Instance", view.instance.text), ("Director", operation.director),
            ("Request", operation.request), ("Way", DiskWay.words(operation)),
            ("Owner", owner), ("Docker", recordedOwner?.daemonAddress),
            ("Recoveries", operation.attempts > 0 ? String(operation.attempts) : nil),
            ("Answer", operation.replied ?? "not known"),
        ]
        return lines + further.compactMap { name, text in text.map { (name, Listing.Cell($0)) } }
    }

    private var stateWords: String {
        switch view.state {
        case .interrupted: "interrupted: its process is gone, and nobody has settled it"
        case .elsewhere:
            "elsewhere: it was begun on \(host), and whether it is at work there is not seen from here"
        case .parked: "parked: a person is needed"
        case .running: "running" + (present.owner.map { ": \($0.sentence)" } ?? "")
        case .failed: "failed: it ended with an error"
        case .rolledBack: "rolled-back: it ended with an error, and was undone"
        case .done: view.state.rawValue
        }
    }

    private var began: String {
        let text = Timestamp.text(view.operation.started)
        return Terminal.isInteractive
            ? "\(text) (\(Span.age(view.operation.started)) ago)" : text
    }

    private var host: String {
        recordedOwner?.host ?? "another machine"
    }

    private var recordedOwner: RecordedOwner? { RecordedOwner(view.operation) }

    private var owner: String? {
        guard let owner = recordedOwner, let pid = owner.pid, let host = owner.host else {
            return nil
        }
        return "process \(pid) on \(host), version \(owner.version ?? "?")"
    }

    /// What was asked for, as far as the plan holds it: names, never secrets.
    var plan: JSON { Clean.document(document(view.operation.plan)) }

    /// The last error, in full.
    var error: String? { view.operation.error }

    /// Schema 1.
    var json: JSON {
        var json = view.json
        json["schema"] = 1
        json["plan"] = plan
        json["owner"] = document(view.operation.owner)
        json["events"] = .array(events.map { self.json(of: $0) })
        for (key, value) in present.json.object ?? [:] { json[key] = value }
        return json
    }

    private func json(of event: Event) -> JSON {
        [
            "sequence": .integer(event.sequence), "kind": .string(event.kind.rawValue),
            "step": JSON(event.step), "at": .string(Timestamp.text(event.at)),
            "offset_us": .integer(timeline.offset(event)),
            "duration_us": JSON(timeline.took(event)),
            "data": Clean.document(document(event.data)),
        ]
    }

    private func document(_ text: String?) -> JSON {
        text.flatMap { try? JSON(parsing: $0.utf8) } ?? .null
    }
}
