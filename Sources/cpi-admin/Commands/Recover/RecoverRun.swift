import ArgumentParser
import CPI
import Engine
import Journal

struct RecoverRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Settles open operations: what 'cpi-admin recover' is without a subcommand.")

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
        parsing: .unconditional,
        help: """
            With --from-docker, or an operation's id: leave alone what is younger, in seconds; somebody may be at work \
            on it. Without it \(OperatorRecovery.grace), for what was begun where no lock can be seen from here.
            """)
    var olderThan: Int?
    @Flag(
        help: """
            Roll an attach_disk or detach_disk back although it could be finished; with --from-docker all \
            that are found, or the one whose id is given.
            """)
    var back = false
    @Flag(
        help: """
            Finish an attach_disk or detach_disk that would be rolled back, or a deletion of what is there \
            still; with --from-docker all that are found, or the one whose id is given.
            """)
    var forward = false
    @Flag(help: "Print JSON.")
    var json = false

    /// Seconds in a hundred years.
    private static let longestAge = 3_153_600_000

    var wish: Operation.Direction? { back ? .backward : forward ? .forward : nil }

    func validate() throws {
        guard !(back && forward) else {
            throw ValidationError("--back and --forward exclude each other")
        }
        guard !fromDocker || id != "last" else {
            throw ValidationError(
                "last is the newest of the journal: give an id with --from-docker")
        }
        guard !(yes && dryRun) else {
            throw ValidationError("--yes and --dry-run exclude each other")
        }
        guard [id != nil, vm != nil, disk != nil, all].count(where: { $0 }) < 2 else {
            throw ValidationError("give one of an id, --vm, --disk and --all")
        }
        guard (wish == nil) || id != nil || fromDocker else {
            throw ValidationError(
                "--back and --forward need the id of an operation, or --from-docker")
        }
        guard (0...RecoverRun.longestAge).contains(olderThan ?? 0) else {
            throw ValidationError(
                "--older-than must be a whole number from 0 to \(RecoverRun.longestAge): "
                    + "not \(olderThan ?? 0)")
        }
        guard olderThan == nil || fromDocker || id != nil else {
            throw ValidationError("--older-than needs the id of an operation, or --from-docker")
        }
    }

    func run() throws {
        try complaining {
            let asks = Terminal.canAsk && !yes && !dryRun && !json
            let recovery = try source.recovery(needsJournal: !fromDocker, isToWrite: asks || yes)
            let (found, young) =
                try fromDocker
                ? recovery.casesFromDocker(id, olderThan: olderThan, wish)
                : (recovery.cases(id, olderThan: olderThan, wish), 0)
            let wanted = try wanted(recovery, found)
            let cases = found.filter { wanted.fits($0.subjects) }
            if id != nil { try cases.first?.requireNoOwner() }
            let session = RecoverySession(
                recovery: recovery, wish: wish, isNamed: id != nil)
            let results = session.results(cases, asks ? .ask : yes ? .settle : .look)
            let (further, unrecorded, trouble) = beside(session, asks, wanted)
            if json {
                print(RecoveryResult.json(results, further, trouble.map(recovery.words)).text)
            } else {
                let nothing = nothing(young, isMoreInDocker: !unrecorded.isEmpty || trouble != nil)
                if !asks || cases.isEmpty { print(session.text(results, yes, nothing: nothing)) }
                show(further, isPlan: !yes && !asks)
            }
            warn(ofUnrecorded: unrecorded)
            try exit(results)
            // What was not looked at may be open.
            if let trouble { throw (trouble as? EngineError).map(ExitCode.of) ?? .failure }
            guard unrecorded.allSatisfy({ $0.owner != nil }) else { throw ExitCode.openOperations }
            if !yes, !asks, !further.isEmpty { throw ExitCode.openOperations }
            guard unrecorded.isEmpty else { throw ExitCode.ownerAlive }
            try requireNone(young)
        }
    }

    /// What is said where none is found.
    private func nothing(_ young: Int, isMoreInDocker: Bool) -> String {
        if young > 0 { return "no open operation that is old enough" }
        return "no open operations" + (isMoreInDocker ? " in this journal" : "")
    }

    /// Whole CIDs of what is asked for: of what is open, of what is there, and of what the journal knows.
    private func wanted(_ recovery: OperatorRecovery, _ found: [OperatorRecovery.Case]) throws
        -> Wanted
    {
        let journal = try? source.openJournal()
        return try Wanted(vm: vm, disk: disk) { kind, text in
            // A VM that no operation is open on may have lost its name.
            let there =
                try kind == .vm
                ? recovery.inspection.vmNames()
                : recovery.inspection.disks(usage: false).map(\.disk)
            let open = found.flatMap(\.subjects).filter { $0.kind == kind }.map(\.cid)
            return try there + open + (journal?.cids(kind, like: text) ?? [])
        }
    }

    private func show(_ further: [String], isPlan: Bool) {
        guard !further.isEmpty else { return }
        print(
            isPlan ? RecoverySession.text(ofTidying: further) : further.joined(separator: "\n"))
    }

    private func warn(ofUnrecorded cases: [OperatorRecovery.Case]) {
        func say(_ text: String) {
            Streams.write(Invocation.complete("cpi-admin: " + text) + "\n", to: 2)
        }
        for one in cases {
            guard let owner = one.owner else { continue }
            say(
                "\(one.title) is not in this journal: begun at \(one.since); \(owner.sentence) on it"
            )
        }
        let dead = cases.filter { $0.owner == nil }.map(\.title)
        guard !dead.isEmpty else { return }
        say(
            "Docker shows what this journal does not know: " + dead.joined(separator: ", ")
                + "; next: \(RecoveryCommand.fromDocker)")
    }

    /// What is beside the operations that the journal has open: what was, or would be, put in order, and what Docker
    /// alone shows; and the first error where that was not all looked at, which is said on stderr.
    private func beside(_ session: RecoverySession, _ asks: Bool, _ wanted: Wanted) -> (
        further: [String], unrecorded: [OperatorRecovery.Case], trouble: (any Error)?
    ) {
        var trouble: (any Error)?
        func look<Found>(_ what: String, _ body: () throws -> [Found]) -> [Found] {
            do {
                return try body()
            } catch {
                Streams.write(
                    "cpi-admin: \(what) not all looked at: "
                        + "\(Clean.shown(session.recovery.words(of: error)))\n",
                    to: 2)
                trouble = trouble ?? error
                return []
            }
        }
        let further = look("the old containers were") { try tidy(session, asks, wanted) }
        let unrecorded = look("operations that this journal does not know were") {
            try self.unrecorded(session.recovery, wanted)
        }
        return (further, unrecorded, trouble)
    }

    private func unrecorded(_ recovery: OperatorRecovery, _ wanted: Wanted) throws
        -> [OperatorRecovery.Case]
    {
        guard !fromDocker, id == nil else { return [] }
        return try recovery.unrecorded().filter { wanted.fits($0.subjects) }
    }

    /// What is beside the open operations: what would be done about it, or, where that is wanted, what was.
    private func tidy(_ session: RecoverySession, _ asks: Bool, _ wanted: Wanted) throws
        -> [String]
    {
        guard id == nil, disk == nil else { return [] }
        guard !yes else { return try session.tidy(wanted.fits) }
        let plan = try session.recovery.tidyingPlan(wanted.fits)
        guard asks, !plan.isEmpty else { return plan }
        print(RecoverySession.text(ofTidying: plan))
        return Terminal.ask("Do it?") ? try session.tidy(wanted.fits) : []
    }

    private func requireNone(_ young: Int) throws {
        guard young > 0 else { return }
        throw Complaint(
            "\(young) younger than \(olderThan ?? OperatorRecovery.grace) seconds left alone, for nothing here tells "
                + "whether somebody is at work on them; --older-than 0 takes them too",
            ExitCode.openOperations)
    }

    private func exit(_ results: [RecoveryResult]) throws {
        let failed = results.filter(\.failed)
        guard failed.isEmpty else {
            let isUnreachable = failed.allSatisfy { $0.one.isUnreachable }
            throw isUnreachable ? ExitCode.dockerUnreachable : .failure
        }
        if results.contains(where: \.needsPerson) { throw ExitCode.personNeeded }
        if !results.isEmpty, results.allSatisfy({ $0.one.owner != nil }) {
            throw ExitCode.ownerAlive
        }
        let open = results.filter { !$0.isSettled && $0.one.owner == nil }
        if !yes, !open.isEmpty { throw ExitCode.openOperations }
    }
}
