import ArgumentParser
import CPI
import Engine
import Glibc
import Journal

struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Settles operations whose process died: shows what it would do, and does it with --yes."
    )

    @OptionGroup var source: Source
    @Argument(
        help:
            "The operation's id, the beginning of it, or 'last' (the newest open one); all open ones without it."
    )
    var id: String?
    @Flag(help: "Do it.")
    var yes = false
    @Flag(help: "Go by what Docker shows alone, as when the journal is lost.")
    var fromDocker = false
    @Option(
        help:
            "With --from-docker: leave alone what is younger, in seconds; it may be at work on another host."
    )
    var olderThan = OperatorRecovery.grace
    @Flag(help: "Roll an attach_disk or detach_disk back although it could be finished.")
    var back = false
    @Flag(help: "Finish an attach_disk or detach_disk that would be rolled back.")
    var forward = false
    @Flag(help: "Print JSON.")
    var json = false

    private var wish: Operation.Direction? { back ? .backward : forward ? .forward : nil }

    func validate() throws {
        guard !(back && forward) else {
            throw ValidationError("--back and --forward exclude each other")
        }
        guard id == nil || !fromDocker else {
            throw ValidationError("--from-docker finds operations by itself: give no id")
        }
        guard (wish == nil) || id != nil || fromDocker else {
            throw ValidationError("--back and --forward need the id of an operation")
        }
        guard olderThan >= 0 else { throw ValidationError("--older-than must not be negative") }
    }

    func run() throws {
        try complaining {
            let recovery = try OperatorRecovery.open(source, needsJournal: !fromDocker)
            let (cases, young) =
                try fromDocker
                ? recovery.casesFromDocker(olderThan: olderThan, wish)
                : (recovery.cases(id, wish), 0)
            if let one = cases.first, let owner = one.owner, id != nil {
                throw Complaint(
                    "operation \(one.operation.id) is being worked on by \(owner), since "
                        + Timestamp.text(one.operation.started), ExitCode.ownerAlive)
            }
            let results = cases.map { yes ? settle($0, recovery) : Result($0) }
            print(json ? document(results) : table(results))
            if yes, id == nil {
                for vm in try recovery.tidyOldContainers() {
                    Streams.write(
                        "the old containers of VM \(vm) are put in order\n", to: 2)
                }
            }
            try exit(results)
            guard young == 0 else {
                throw Complaint(
                    "\(young) younger than \(olderThan) seconds left alone, for they may be at work on "
                        + "another host; --older-than 0 takes them too", ExitCode.openOperations)
            }
        }
    }

    /// What became of one operation, or would.
    private struct Result {
        let one: OperatorRecovery.Case
        var words: String
        var needsPerson: Bool
        var isSettled = false
        var failed = false

        init(_ one: OperatorRecovery.Case) {
            self.one = one
            needsPerson = one.needsPerson
            failed = one.trouble != nil
            words =
                one.owner.map { "nothing: \($0) is at work" } ?? one.action ?? one.trouble ?? "?"
        }
    }

    private func settle(_ one: OperatorRecovery.Case, _ recovery: OperatorRecovery) -> Result {
        var result = Result(one)
        guard one.owner == nil, one.trouble == nil else { return result }
        do {
            let done = try recovery.settle(one, wish)
            result.words =
                done.needsPerson ? done.words + "; see cpi-admin orphans" : "done: \(done.words)"
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
        if results.contains(where: \.needsPerson) { throw ExitCode.personNeeded }
        if !results.isEmpty, results.allSatisfy({ $0.one.owner != nil }) {
            throw ExitCode.ownerAlive
        }
        let open = results.filter { !$0.isSettled && $0.one.owner == nil }
        if !yes, !open.isEmpty { throw ExitCode.openOperations }
    }
}

extension OperatorRecovery {
    /// Opens the journal and makes sure that Docker answers.
    static func open(_ source: Source, needsJournal: Bool) throws -> OperatorRecovery {
        let configuration = try source.configuration()
        do {
            let recovery = try OperatorRecovery(
                configuration, needsJournal: needsJournal, logger: .admin)
            _ = try recovery.engine.version()
            return recovery
        } catch let error as EngineError {
            throw Complaint("\(error)", ExitCode.dockerUnreachable)
        }
    }
}
