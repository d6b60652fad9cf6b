import CPI
import Engine
import Journal

/// The events of one operation as a person follows them: a step that ended is one line.
struct Timeline {
    struct Entry {
        let event: Event
        /// Microseconds since the operation began.
        let offset: Int64
        /// Microseconds; nil for what has no length, and for a step that never ended.
        let took: Int64?
        let text: String
        var isFailure = false
    }

    let events: [Event]

    /// With `requests` also those to Docker that went well; how many are left out else.
    func entries(requests: Bool) -> (entries: [Entry], hidden: Int) {
        var hidden = 0
        var entries: [Entry] = []
        for event in events where !isFolded(event) {
            if case .request(_, let status) = EventPayload(event), let status, status < 400,
                !requests
            {
                hidden += 1
                continue
            }
            entries.append(entry(event))
        }
        return (entries, hidden)
    }

    private func entry(_ event: Event) -> Entry {
        let took = took(event)
        let end = offset(event)
        let isSpan = [.done, .observed, .failed, .undone].contains(event.kind)
        return Entry(
            event: event, offset: isSpan ? max(0, end - (took ?? 0)) : end, took: took,
            text: Clean.text(what(event)), isFailure: isFailure(event))
    }

    /// A beginning whose end is told says nothing more.
    private func isFolded(_ event: Event) -> Bool {
        let ends: [Event.Kind] =
            switch event.kind {
            case .doing: [.done, .observed, .failed]
            case .undoing: [.undone, .failed]
            default: []
            }
        // Recovery may have begun the step again: that one's end is not this one's.
        let next = events.first {
            $0.sequence > event.sequence && $0.step == event.step
                && ([.doing, .undoing] + ends).contains($0.kind)
        }
        return next.map { ends.contains($0.kind) } ?? false
    }

    private func isFailure(_ event: Event) -> Bool {
        switch EventPayload(event) {
        case .failed: true
        case .request(_, let status): (status ?? 599) >= 400
        case .outcome(let state, _, _): state != .done
        case .replied(let delivered, _): !delivered
        default: false
        }
    }

    /// What an event is about, in one line.
    private func what(_ event: Event) -> String {
        switch EventPayload(event) {
        case .request(let line, let status):
            return "  \(line) → \(status.map(String.init) ?? "no answer")"
        case .failed(let error): return "\(event.step ?? "?"): \(error)"
        case .warning(let text), .note(let text): return text
        case .outcome(let state, _, _): return state.rawValue
        case .replied(let delivered, _):
            return delivered ? "delivered" : "lost: no process was reading"
        case .intent(let method): return method
        case .doing, .undoing: return "unfinished: \(event.step ?? "")"
        case .done, .observed, .undone: return event.step ?? ""
        case .attempt: return "recovery"
        }
    }

    /// Microseconds since the operation began. After a reboot the clock since boot starts anew: then
    /// by the time of day.
    func offset(_ event: Event) -> Int64 {
        guard let first = events.first else { return 0 }
        let byBoot = event.monotonic - first.monotonic
        let byDay = (event.at - first.at) * 1_000
        return byBoot >= 0 ? byBoot : max(0, byDay)
    }

    /// How long a step took: from its beginning to the event that ends it.
    func took(_ event: Event) -> Int64? {
        let beginnings: [Event.Kind]
        switch event.kind {
        case .done, .observed: beginnings = [.doing]
        case .failed: beginnings = [.doing, .undoing]
        case .undone: beginnings = [.undoing]
        case .outcome: return offset(event)
        default: return nil
        }
        let start = events.last {
            beginnings.contains($0.kind) && $0.step == event.step && $0.sequence < event.sequence
        }
        return start.map { max(0, event.monotonic - $0.monotonic) }
    }
}
