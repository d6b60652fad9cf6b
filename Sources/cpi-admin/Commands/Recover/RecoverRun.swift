import ArgumentParser
import CPI
import Journal

struct RecoverRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Settles what is open. (What recover does by itself.)",
        shouldDisplay: false)

    @OptionGroup var source: Source
    @Argument(
        help: """
            The operation's id, the beginning of it, or 'last' (the newest open one); all open ones \
            without it.
            """)
    var id: String?
    @Option(help: ArgumentHelp("Only what is about this VM.", valueName: "cid"))
    var vm: String?
    @Option(help: ArgumentHelp("Only what is about this disk.", valueName: "cid"))
    var disk: String?
    @Flag(help: "All that is open; the same as giving nothing.")
    var all = false
    @Flag(help: "Do it without asking.")
    var yes = false
    @Flag(help: "Show what would be done and end, also on a terminal.")
    var dryRun = false
    @Flag(help: "Go by what Docker shows alone, as when the journal is lost.")
    var fromDocker = false
    @Option(
        help: """
            With --from-docker: leave alone what is younger, in seconds; it may be at work on another \
            host.
            """)
    var olderThan = OperatorRecovery.grace
    @Flag(help: "Roll an attach_disk or detach_disk back although it could be finished.")
    var back = false
    @Flag(help: "Finish an attach_disk or detach_disk that would be rolled back.")
    var forward = false
    @Flag(help: "Print JSON.")
    var json = false

    var wish: Operation.Direction? { back ? .backward : forward ? .forward : nil }

    func validate() throws {
        guard !(back && forward) else {
            throw ValidationError("--back and --forward exclude each other")
        }
        guard !(yes && dryRun) else {
            throw ValidationError("--yes and --dry-run exclude each other")
        }
        guard id == nil || !fromDocker else {
            throw ValidationError("--from-docker finds operations by itself: give no id")
        }
        guard [id != nil, vm != nil, disk != nil, all].count(where: { $0 }) < 2 else {
            throw ValidationError("give one of an id, --vm, --disk and --all")
        }
        guard (wish == nil) || id != nil || fromDocker else {
            throw ValidationError("--back and --forward need the id of an operation")
        }
        guard olderThan >= 0 else { throw ValidationError("--older-than must not be negative") }
    }

    func run() throws {
        try complaining {
            let recovery = try source.recovery(needsJournal: !fromDocker)
            let (found, young) =
                try fromDocker
                ? recovery.casesFromDocker(olderThan: olderThan, wish)
                : (recovery.cases(id, wish), 0)
            let cases = found.filter(isWanted)
            if let one = cases.first, let owner = one.owner, id != nil {
                throw Complaint(
                    "operation \(one.operation.id) is being worked on by \(owner), since "
                        + Timestamp.text(one.operation.started), ExitCode.ownerAlive)
            }
            let asks = Terminal.canAsk && !yes && !dryRun && !json
            let session = RecoverySession(
                recovery: recovery, wish: wish, isNamed: id != nil)
            let results = try session.results(cases, asks ? .ask : yes ? .settle : .look)
            if !asks || cases.isEmpty {
                print(json ? Listing(results, did: yes).text(.json) : session.text(results, yes))
            }
            if yes || (asks && results.contains(where: \.isSettled)), id == nil {
                session.tidy()
            }
            try exit(results)
            try requireNone(young)
        }
    }

    private func isWanted(_ one: OperatorRecovery.Case) -> Bool {
        func fits(_ text: String?, _ kind: Subject.Kind) -> Bool {
            guard let text else { return true }
            return one.subjects.contains { $0.kind == kind && $0.cid.hasPrefix(text) }
        }
        return fits(vm, .vm) && fits(disk, .disk)
    }

    private func requireNone(_ young: Int) throws {
        guard young > 0 else { return }
        throw Complaint(
            "\(young) younger than \(olderThan) seconds left alone, for they may be at work on "
                + "another host; --older-than 0 takes them too", ExitCode.openOperations)
    }

    private func exit(_ results: [RecoveryResult]) throws {
        if results.contains(where: \.failed) { throw ExitCode.failure }
        if results.contains(where: \.needsPerson) { throw ExitCode.personNeeded }
        if !results.isEmpty, results.allSatisfy({ $0.one.owner != nil }) {
            throw ExitCode.ownerAlive
        }
        let open = results.filter { !$0.isSettled && $0.one.owner == nil }
        if !yes, !open.isEmpty { throw ExitCode.openOperations }
    }
}
