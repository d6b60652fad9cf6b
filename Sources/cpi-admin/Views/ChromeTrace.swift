import CPI
import Engine
import Journal

/// Operations and steps in the Trace Event Format: complete events ("X"), a thread
/// for each VM, or for each disk that has none. Times are Unix times in microseconds.
struct ChromeTrace {
    private var events: [JSON] = []
    private var lanes: [String: Int64] = [:]

    init(_ journal: Journal, since: Int64?) throws {
        let reader = OperationReader(journal)
        let filter = OperationFilter(since: since, limit: 1_000_000)
        for operation in try journal.operations(filter).reversed() {
            let view = try reader.view(operation)
            add(
                view,
                Timeline(events: try journal.events(of: operation.id)))
        }
    }

    var json: JSON { ["traceEvents": .array(events), "displayTimeUnit": "ms"] }

    private mutating func add(_ view: OperationView, _ timeline: Timeline) {
        let lane = lane(view.lane)
        let start = view.operation.started * 1_000
        let last = timeline.events.last.map(timeline.offset) ?? 0
        events.append(
            span(
                view.operation.method, lane, start, view.operation.duration ?? last,
                [
                    "id": .string(view.operation.id), "state": .string(view.state.rawValue),
                    "error": JSON(view.operation.error),
                    "disk": .string(view.cids(.disk)),
                ]))
        for entry in timeline.entries(requests: false).entries {
            guard let took = entry.took, entry.event.kind != .outcome else { continue }
            events.append(
                span(
                    entry.text, lane, start + entry.offset, took,
                    ["kind": .string(entry.event.kind.rawValue)]))
        }
    }

    /// The number of a lane; its name is said when it is met first.
    private mutating func lane(_ name: String) -> Int64 {
        if let lane = lanes[name] { return lane }
        let lane = Int64(lanes.count + 1)
        lanes[name] = lane
        events.append([
            "ph": "M", "name": "thread_name", "pid": 1, "tid": .integer(lane),
            "args": ["name": .string(name)],
        ])
        return lane
    }

    private func span(
        _ name: String, _ lane: Int64, _ start: Int64, _ took: Int64, _ arguments: JSON
    ) -> JSON {
        [
            "ph": "X", "name": .string(name), "pid": 1, "tid": .integer(lane),
            "ts": .integer(start), "dur": .integer(max(1, took)), "args": arguments,
        ]
    }
}
