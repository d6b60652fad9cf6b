import CPI
import Engine
import Journal

/// One operation and all its events, in the order in which they happened.
struct Story {
    let view: OperationView
    let events: [Event]

    var text: String {
        ([
            header,
            Terminal.table([["OFFSET", "TOOK", "EVENT", "STEP OR REQUEST"]] + events.map(row)),
        ]
            + error).joined(separator: "\n\n")
    }

    var json: JSON {
        var json = view.json
        json["schema"] = 1
        json["plan"] = document(view.operation.plan)
        json["owner"] = document(view.operation.owner)
        json["events"] = .array(events.map { self.json(of: $0) })
        return json
    }

    private var header: String {
        let operation = view.operation
        var lines = [
            ["Operation", operation.id], ["Method", operation.method],
            ["State", Terminal.paint(view.state, as: view.state)],
            ["Started", Timestamp.text(operation.started)],
        ]
        if let finished = operation.finished {
            lines.append(["Finished", Timestamp.text(finished)])
        }
        for subject in view.subjects {
            lines.append([subject.kind.rawValue.capitalized, subject.cid])
        }
        if let director = operation.director { lines.append(["Director", director]) }
        if let request = operation.request { lines.append(["Request", request]) }
        if let way = DiskWay.words(operation) { lines.append(["Way", way]) }
        let owner = document(operation.owner)
        if let pid = owner["pid"].int, let host = owner["host"].string {
            lines.append([
                "Owner", "process \(pid) on \(host), version \(owner["version"].string ?? "?")",
            ])
        }
        if let address = owner["daemon"]["address"].string { lines.append(["Docker", address]) }
        if operation.attempts > 0 { lines.append(["Recoveries", String(operation.attempts)]) }
        lines.append(["Answer", operation.replied ?? "never written"])
        return Terminal.table(lines)
    }

    private var error: [String] {
        view.operation.error.map { [(view.state == "done" ? "Note: " : "Error: ") + $0] } ?? []
    }

    private func row(_ event: Event) -> [String] {
        [
            "+" + Terminal.duration(offset(event)), took(event).map(Terminal.duration) ?? "",
            event.kind.rawValue, what(event),
        ]
    }

    /// What an event is about, in one line.
    private func what(_ event: Event) -> String {
        switch EventPayload(event) {
        case .request(let line, let status):
            return "  \(line) → \(status.map(String.init) ?? "no answer")"
        case .failed(let error): return "\(event.step ?? "?"): \(error)"
        case .warning(let text), .note(let text): return text
        case .outcome(let state, _): return state.rawValue
        case .replied(let delivered):
            return delivered ? "delivered" : "lost: no process was reading"
        case .intent: return view.operation.method
        case .doing, .done, .observed, .undoing, .undone, .attempt: return event.step ?? ""
        }
    }

    /// Microseconds since the operation began. After a reboot the clock since boot starts anew:
    /// then by the time of day.
    private func offset(_ event: Event) -> Int64 {
        guard let first = events.first else { return 0 }
        let byBoot = event.monotonic - first.monotonic
        let byDay = (event.at - first.at) * 1_000
        return byBoot >= 0 ? byBoot : max(0, byDay)
    }

    /// How long a step took: from its beginning to the event that ends it.
    private func took(_ event: Event) -> Int64? {
        let beginning: Event.Kind
        switch event.kind {
        case .done, .observed, .failed: beginning = .doing
        case .undone: beginning = .undoing
        case .outcome: return offset(event)
        default: return nil
        }
        let start = events.last {
            $0.kind == beginning && $0.step == event.step && $0.sequence < event.sequence
        }
        return start.map { max(0, event.monotonic - $0.monotonic) }
    }

    private func json(of event: Event) -> JSON {
        [
            "sequence": .integer(event.sequence), "kind": .string(event.kind.rawValue),
            "step": event.step.map(JSON.string) ?? .null, "at": .string(Timestamp.text(event.at)),
            "offset_us": .integer(offset(event)),
            "duration_us": took(event).map { .integer($0) } ?? .null, "data": document(event.data),
        ]
    }

    private func document(_ text: String?) -> JSON {
        text.flatMap { try? JSON(parsing: $0.utf8) } ?? .null
    }
}
