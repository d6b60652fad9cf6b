import CPI
import Engine
import Journal

/// What became of one open operation, or would.
struct RecoveryResult {
    let one: OperatorRecovery.Case
    var words: String
    var needsPerson: Bool
    var isSettled = false
    var failed = false
    /// The row of the table; nil when somebody is at work on it or it could not be looked at.
    var explanation: Explanation?

    init(_ one: OperatorRecovery.Case) {
        self.one = one
        needsPerson = one.needsPerson
        failed = one.trouble != nil
        words =
            one.owner.map { "nothing: \($0.sentence)" }
            ?? one.waitsFor.map { "nothing yet: \($0) has begun on it, and is to be settled first" }
            ?? one.action ?? one.trouble ?? "?"
    }

    var json: JSON {
        [
            "id": .string(one.operation.id), "method": .string(one.operation.method),
            "action": .string(words), "settled": .bool(isSettled),
            "needs_person": .bool(needsPerson), "failed": .bool(failed),
            "owner": JSON(one.owner?.words),
            "recovery": explanation?.json ?? .null,
        ]
    }

    /// The whole document. `further`: what is done or to be done beside the operations.
    /// `trouble`: why it may not be all.
    static func json(_ results: [RecoveryResult], _ further: [String], _ trouble: String?) -> JSON {
        [
            "schema": 1, "operations": .array(results.map(\.json)), "further": JSON(further),
            "trouble": JSON(trouble),
        ]
    }
}

extension Listing {
    init(_ results: [RecoveryResult], did: Bool, nothing: String) {
        self.init(
            name: "operations",
            columns: [
                Column("id"), Column("method", least: 8), Column("subjects", least: 12),
                Column("step", title: "LAST STEP", least: 12),
                Column("recovery", title: did ? "RECOVERY" : "RECOVERY WOULD", least: 20),
            ],
            rows: results.map { result in
                let cids = result.one.subjects.filter { $0.kind == .vm || $0.kind == .disk }
                    .map(\.cid).joined(separator: " ")
                return [
                    Cell(result.one.operation.id), Cell(result.one.operation.method),
                    Cell(cids, short: Terminal.shortened(cids)),
                    Cell(result.one.operation.step ?? "-"),
                    Cell(result.words),
                ]
            }, documents: results.map(\.json), nothing: nothing)
    }
}
