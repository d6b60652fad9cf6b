import CPI
import Engine
import Journal

/// An event as a JSON document: what `journal export` writes, `journal import` reads, and `tail --json`
/// shows. Without secrets, also where the journal holds one. Schema 1: members are never changed or taken away, new ones may come.
enum EventDocument {
    static func json(_ event: Event) -> JSON {
        [
            "schema": 1, "sequence": .integer(event.sequence),
            "operation": .string(event.operation), "kind": .string(event.kind.rawValue),
            "step": JSON(event.step),
            "at": .string(Timestamp.text(event.at)), "at_ms": .integer(event.at),
            "monotonic_us": .integer(event.monotonic),
            "data": event.data.map(Clean.jsonText).flatMap { try? JSON(parsing: $0.utf8) } ?? .null,
        ]
    }

    /// Nil for what is no such document.
    static func event(_ json: JSON) -> Event? {
        guard json["schema"].int == 1, let sequence = json["sequence"].int, sequence > 0,
            let operation = json["operation"].string, !operation.isEmpty,
            let kind = json["kind"].string.flatMap(Event.Kind.init), let at = json["at_ms"].int,
            (0...Journal.latestTime).contains(Int64(at)), let monotonic = json["monotonic_us"].int,
            (0...Journal.latestTime * 1_000).contains(Int64(monotonic))
        else { return nil }
        return Event(
            kind: kind, step: json["step"].string, at: Int64(at), monotonic: Int64(monotonic),
            data: json["data"].isNull ? nil : json["data"].text, operation: operation,
            sequence: Int64(sequence))
    }
}

/// An event as a line of text.
enum EventLine {
    static func text(_ event: Event) -> String {
        let time = Timestamp.text(event.at)
        let shown = Terminal.isInteractive ? String(time.dropFirst(11).prefix(12)) : time
        let words = Timeline(events: [event]).entries(requests: true)
            .entries.first
        let text = Terminal.isInteractive ? Terminal.shortened(words?.text ?? "") : words?.text
        let style: Terminal.Style? = words?.isFailure == true ? .bad : nil
        let kind = Table.pad(event.kind.rawValue, 8)
        return [shown, event.operation, Terminal.styled(kind, style), text ?? ""]
            .joined(separator: " ")
    }
}
