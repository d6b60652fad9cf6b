import ArgumentParser
import CPI
import Engine
import Glibc
import Journal

struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Settles operations whose process died: shows what it would do, and does it with --yes.")

    @OptionGroup var source: Source
    @Argument(help: "The operation's id, the beginning of it, or 'last'; all open ones without it.")
    var id: String?
    @Flag(help: "Do it.")
    var yes = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        try complaining {
            let desk = try desk()
            let cases = try desk.cases(id)
            if let one = cases.first, let owner = one.owner, id != nil {
                throw Complaint(
                    "operation \(one.operation.id) is being worked on by \(owner), since "
                        + Timestamp.text(one.operation.started), Outcome.ownerAlive)
            }
            let results = cases.map { yes ? settle($0, desk) : Result($0) }
            print(json ? document(results) : table(results))
            try exit(results)
        }
    }

    private func desk() throws -> RecoveryDesk {
        let configuration = try source.configuration()
        do {
            let desk = try RecoveryDesk(configuration, logger: .admin)
            _ = try desk.engine.version()
            return desk
        } catch let error as EngineError {
            throw Complaint("\(error)", Outcome.dockerUnreachable)
        }
    }

    /// What became of one operation, or would.
    private struct Result {
        let one: RecoveryDesk.Case
        var words: String
        var needsPerson: Bool
        var isSettled = false
        var failed = false

        init(_ one: RecoveryDesk.Case) {
            self.one = one
            needsPerson = one.needsPerson
            failed = one.trouble != nil
            words = one.owner.map { "nothing: \($0) is at work" } ?? one.action ?? one.trouble ?? "?"
        }
    }

    private func settle(_ one: RecoveryDesk.Case, _ desk: RecoveryDesk) -> Result {
        var result = Result(one)
        guard one.owner == nil, one.trouble == nil else { return result }
        do {
            let done = try desk.settle(one)
            result.words = "done: \(done.words)"
            result.needsPerson = done.needsPerson
            result.isSettled = !done.needsPerson
        } catch {
            result.words = "failed: \((error as? CPIError)?.message ?? "\(error)")"
            result.failed = true
        }
        return result
    }

    private func table(_ results: [Result]) -> String {
        guard !results.isEmpty else { return "no open operations" }
        let rows = results.map { result in
            let cids = result.one.subjects.filter { $0.kind == .vm || $0.kind == .disk }.map(\.cid)
            return [
                result.one.operation.id, result.one.operation.method,
                Terminal.shorten(cids.joined(separator: " ")),
                Terminal.shortened(result.one.operation.step ?? "-"), result.words,
            ]
        }
        let title = yes ? "RECOVERY" : "RECOVERY WOULD"
        return Terminal.table([["ID", "METHOD", "SUBJECTS", "LAST STEP", title]] + rows)
    }

    private func document(_ results: [Result]) -> String {
        let list = results.map { result -> JSON in
            [
                "id": .string(result.one.operation.id),
                "method": .string(result.one.operation.method),
                "action": .string(result.words), "settled": .bool(result.isSettled),
                "needs_person": .bool(result.needsPerson), "failed": .bool(result.failed),
                "owner": result.one.owner.map(JSON.string) ?? .null,
            ]
        }
        return (["schema": 1, "operations": .array(list)] as JSON).text
    }

    private func exit(_ results: [Result]) throws {
        if results.contains(where: \.failed) { throw ExitCode.failure }
        if results.contains(where: \.needsPerson) { throw Outcome.personNeeded }
        let open = results.filter { !$0.isSettled && $0.one.owner == nil }
        if !yes, !open.isEmpty { throw Outcome.openOperations }
    }
}
