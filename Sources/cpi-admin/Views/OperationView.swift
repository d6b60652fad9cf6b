import CPI
import Engine
import Journal

/// An operation as an operator sees it: an open one whose process is gone is "interrupted".
struct OperationView {
    let operation: Operation
    let subjects: [Subject]
    let state: String

    init(_ operation: Operation, _ journal: Journal, _ liveness: Liveness) throws {
        self.operation = operation
        subjects = try journal.subjects(of: operation.id)
        let isDead = operation.state == .running && !liveness.isOwned(operation.id)
        state = isDead ? "interrupted" : operation.state.rawValue
    }

    func cids(_ kind: Subject.Kind) -> String {
        subjects.filter { $0.kind == kind }.map(\.cid).joined(separator: ",")
    }

    static let columns = ["ID", "STATE", "METHOD", "VM", "DISK", "STEP", "STARTED", "DURATION"]

    var row: [String] {
        [
            operation.id, state, operation.method, Terminal.shorten(dash(cids(.vm))),
            Terminal.shorten(dash(cids(.disk))), Terminal.shortened(dash(operation.step ?? "")),
            Terminal.time(operation.started), operation.duration.map(Terminal.duration) ?? "-",
        ]
    }

    /// Schema 1: names are never changed or taken away, new ones may come.
    var json: JSON {
        var json: JSON = [
            "id": .string(operation.id), "state": .string(state),
            "method": .string(operation.method), "mutating": .bool(operation.mutating),
            "direction": .string(operation.direction.rawValue),
            "attempts": .integer(Int64(operation.attempts)),
            "started": .string(Timestamp.text(operation.started)),
            "subjects": .array(
                subjects.map { ["kind": .string($0.kind.rawValue), "cid": .string($0.cid)] }),
        ]
        let texts = [
            "vm": cids(.vm), "disk": cids(.disk), "step": operation.step, "error": operation.error,
            "replied": operation.replied, "director_uuid": operation.director,
            "request_id": operation.request, "finished": operation.finished.map(Timestamp.text),
        ]
        for (key, text) in texts {
            json[key] = text.flatMap { $0.isEmpty ? nil : .string($0) } ?? .null
        }
        json["duration_us"] = operation.duration.map { .integer($0) } ?? .null
        return json
    }

    private func dash(_ text: String) -> String { text.isEmpty ? "-" : text }
}
