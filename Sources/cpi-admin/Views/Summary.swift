import CPI
import Journal

/// An incident in three sentences: how many calls and how they ended, the last error, what is open.
struct Summary {
    let views: [OperationView]

    init(_ views: [OperationView]) { self.views = views }

    var sentences: [String] {
        guard let first = views.first, let last = views.last else {
            return ["No call fits what was asked for."]
        }
        return [count(first, last), error, open]
    }

    private func count(_ first: OperationView, _ last: OperationView) -> String {
        let states = Dictionary(grouping: views, by: \.state.rawValue).map { "\($1.count) \($0)" }
            .sorted()
        let calls = views.count == 1 ? "One call" : "\(views.count) calls"
        return "\(calls) from \(Timestamp.text(first.operation.started)) to "
            + "\(Timestamp.text(last.operation.started)): \(states.joined(separator: ", "))."
    }

    private var error: String {
        let failed = views.last { $0.operation.state.isFailure }
        guard let failed, let error = failed.operation.error else {
            return "None of them ended with an error."
        }
        return "The last error was that of \(failed.operation.method) \(failed.operation.id): "
            + "\(Clean.text(error))."
    }

    private var open: String {
        let open = views.filter(\.state.isUnsettled)
        guard let one = open.first else { return "Nothing is left to be settled." }
        guard open.count > 1 else {
            return "\(one.operation.method) \(one.operation.id) is not settled: "
                + "\(RecoveryCommand.of(one.operation.id))."
        }
        return "\(open.count) operations are not settled: \(RecoveryCommand.all)."
    }
}
