import CPI
import Engine
import Journal

/// An operation as an operator sees it.
struct OperationView {
    let operation: Operation
    let subjects: [Subject]
    let state: ShownState
    let instance: Instance

    fileprivate init(
        _ operation: Operation, _ subjects: [Subject], _ state: ShownState, _ instance: Instance
    ) {
        var operation = operation
        operation.error = operation.error.map(Clean.withoutSecrets)
        self.operation = operation
        self.subjects = subjects
        self.instance = instance
        self.state = state
    }

    func cids(_ kind: Subject.Kind) -> String {
        subjects.filter { $0.kind == kind }.map(\.cid).joined(separator: ",")
    }

    /// Where it goes when operations are shown side by side: with its VM, else its disk or stemcell.
    var lane: String {
        [cids(.vm), cids(.disk), cids(.stemcell)].first { !$0.isEmpty } ?? "other"
    }

    /// Schema 1: names are never changed or taken away, new ones may come.
    var json: JSON {
        var json: JSON = [
            "id": .string(operation.id), "state": .string(state.rawValue),
            "method": .string(operation.method), "mutating": .bool(operation.mutating),
            "direction": .string(operation.direction.rawValue),
            "attempts": JSON(operation.attempts),
            "started": .string(Timestamp.text(operation.started)),
            "subjects": .array(
                subjects.map { ["kind": .string($0.kind.rawValue), "cid": .string($0.cid)] }),
        ]
        let texts = [
            "vm": cids(.vm), "disk": cids(.disk), "step": operation.step, "error": operation.error,
            "replied": operation.replied, "director_uuid": operation.director,
            "request_id": operation.request, "finished": operation.finished.map(Timestamp.text),
            "deployment": instance.deployment, "instance_group": instance.group,
            "index": instance.index,
        ]
        for (key, text) in texts {
            json[key] = text.flatMap { $0.isEmpty ? nil : .string($0) } ?? .null
        }
        json["duration_us"] = JSON(operation.duration)
        return json
    }
}

/// Reads operations as views.
struct OperationReader {
    let journal: Journal
    private let liveness: Liveness
    private let instances: Instances

    init(_ journal: Journal) {
        self.journal = journal
        liveness = Liveness(beside: journal.path)
        instances = Instances(journal)
    }

    func view(_ operation: Operation) throws -> OperationView {
        let subjects = try journal.subjects(of: operation.id)
        return OperationView(
            operation, subjects, state(of: operation), try instances.instance(of: subjects))
    }

    private func state(of operation: Operation) -> ShownState {
        ShownState(
            operation, isOwned: operation.state == .running && liveness.isOwned(operation),
            isOnAnotherMachine: liveness.otherHost(operation) != nil)
    }
}
