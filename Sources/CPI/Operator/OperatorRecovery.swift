import Engine
import Journal
import Logging

/// Recovery as an operator asks for it: what is open, what would be done, and doing it.
public final class OperatorRecovery {
    /// An operation without an outcome, or one that was left to a person.
    public struct Case {
        let found: OpenOperation
        /// What was begun lately on another machine counts as dead: somebody has decided so by its age.
        var ignoresGrace = false
        public var operation: Operation { found.operation }
        public var subjects: [Subject] { found.subjects }
        /// As in "operation 1m84tkefq9txjn (attach_disk)".
        public var title: String { found.title }
        /// RFC 3339; when it began, or when its first trace in Docker was made.
        public var since: String { found.since }
        /// Who is, or may be, at work on it: then it is left alone.
        public var owner: OperationOwner?
        /// What recovery would do; nil when somebody is at work on it or Docker does not answer.
        public var action: String?
        public var needsPerson = false
        /// A deletion that has begun of what it is about, as in "operation ID (delete_vm)": that one is settled
        /// first, and closes this one where it is finished.
        public var waitsFor: String?
        /// Why nothing could be found out.
        public var trouble: String?
        /// No Docker has answered.
        public var isUnreachable = false
    }

    /// Seconds for which what was begun elsewhere is left alone.
    public static let grace = World.grace
    /// What recovery says where another process has settled it first.
    public static let settledMeanwhile = "nothing: it is settled by now"

    public let engine: Engine
    public let journal: Journal?
    let world: World
    /// The Docker at another address that the journal names.
    let connect: (String) throws -> Engine?

    /// Throws `JournalError` where a journal is needed and cannot be opened; connects to nothing yet. Without a
    /// journal, which is never made here, only what Docker itself tells is known. `isToWrite`: into the journal,
    /// which brings one of an older version to this one's; who only looks changes nothing of it.
    public convenience init(
        _ configuration: Configuration, needsJournal: Bool, isToWrite: Bool, logger: Logger
    ) throws {
        let directory = configuration.journal.directory
        var journal: Journal?
        do {
            // Opened for reading first: root must not make one that vcap cannot use.
            journal = try Journal(reading: Journal.file(in: directory))
            if isToWrite {
                journal = try Journal(directory: directory, busyTimeout: Journal.writersTimeout)
            }
        } catch {
            journal = nil
            guard !needsJournal else { throw error }
            logger.warning("going on without the journal: \(error)")
        }
        let ceiling = configuration.docker.usableCeiling(logger)
        let engine = configuration.engine(ceiling: ceiling)
        let redactor = Redactor()
        redactor.learn(from: configuration)
        let logger = logger.redacted(by: redactor)
        let store = JournalStore(
            journal, clock: .system, logger: logger, redactor: redactor, setsAside: false)
        self.init(
            journal: journal,
            world: World(
                engine: engine, configuration: configuration,
                request: CallContext(director: nil, requestID: nil, isVersion2: true),
                operation: "",
                recorder: Recorder(store, id: "", resumed: true),
                locks: Locks(directory, logger: logger), logger: logger)
        ) { text in
            configuration.engine(
                at: try Address(text, tls: configuration.docker.tls), ceiling: ceiling)
        }
    }

    init(
        journal: Journal?, world: World,
        connect: @escaping (String) throws -> Engine? = { _ in nil }
    ) {
        self.connect = connect
        self.journal = journal
        self.world = world
        engine = world.engine
    }

    /// Everything open, oldest first, but last what waits for another one; or the one operation that `id` is a
    /// prefix of. One that was begun on another machine is looked at where it is not younger than `seconds`, else when
    /// it is older than `grace`.
    public func cases(
        _ id: String?, olderThan seconds: Int? = nil, _ wish: Operation.Direction? = nil
    ) throws -> [Case] {
        guard let journal else { return [] }
        var open = try journal.open().filter(\.mutating)
        if id == "last" {
            open = open.suffix(1)
        } else if let id {
            open = [try journal.openOperation(id)]
        }
        let cases = try open.map { operation in
            let found = try OpenOperation(operation, in: journal)
            let isOld = seconds.map { isOlder(found, than: $0) } ?? false
            return look(found, wish, ignoresGrace: isOld)
        }
        return cases.filter { $0.waitsFor == nil } + cases.filter { $0.waitsFor != nil }
    }

    /// Whether the operation is open still: settling another one may have closed it.
    public func isOpen(_ one: Case) -> Bool {
        guard one.operation.isRecorded else { return true }
        return (try? journal?.find(one.operation.id)?.state.isOpen) ?? true
    }

    /// What Docker's names, labels and marks tell of interrupted operations, the journal aside.
    /// Younger ones than `seconds` are left alone: they may be at work. Without it, that is those younger than `grace`
    /// whose locks cannot be seen here. `young` is how many those are. With `id` no more than the operation that it is
    /// the beginning of.
    public func casesFromDocker(
        _ id: String? = nil, olderThan seconds: Int?, _ wish: Operation.Direction? = nil
    ) throws -> (cases: [Case], young: Int) {
        let traces = try Traces(world: world).all().filter { $0.id.hasPrefix(id ?? "") }
            .map(parkedByOperator)
        guard id == nil || Set(traces.map(\.id)).count == 1 else {
            throw CPIError(
                kind: .cpi,
                message: "Docker shows \(traces.isEmpty ? "no" : "several") interrupted operations "
                    + "whose id begins with \(id ?? "")")
        }
        let old = traces.filter {
            isOlder($0, than: seconds ?? OperatorRecovery.grace)
                || seconds == nil && world.seesLock(of: $0)
        }
        return (old.map { look($0, wish, ignoresGrace: true) }, traces.count - old.count)
    }

    /// With 0 none is too young, also not one that a clock which is ahead has dated.
    private func isOlder(_ one: OpenOperation, than seconds: Int) -> Bool {
        seconds == 0
            || one.since <= Timestamp.text(world.clock.wall() - Int64(seconds) * 1_000)
    }

    /// Operations that Docker shows and the journal does not know. They have an owner where another machine may be at
    /// work on them. Throws `EngineError`.
    public func unrecorded() throws -> [Case] {
        try inspection.unrecorded().map { Case(found: $0, owner: world.owner(of: $0)) }
    }

    /// The operation as the journal has it, where an operator has parked it.
    private func parkedByOperator(_ trace: OpenOperation) throws -> OpenOperation {
        guard let journal, let operation = try? journal.operation(trace.id) else { return trace }
        let known = try OpenOperation(operation, in: journal)
        return known.isParkedByOperator ? known : trace
    }

    /// The same operation as it is now.
    public func lookAgain(_ one: Case, _ wish: Operation.Direction?) -> Case {
        look(one.found, wish, ignoresGrace: one.ignoresGrace)
    }

    /// Settles one operation. Returns what was done in words, and whether a person is needed now.
    /// `isConfirmed`: somebody was shown the case, and has said yes to that. Throws `CPIError` when a lock
    /// is held, or what was confirmed is not what would be done any more.
    public func settle(
        _ one: Case, _ wish: Operation.Direction? = nil, isConfirmed: Bool = false
    ) throws -> (words: String, needsPerson: Bool) {
        let there = try world(for: one.operation)
        if isConfirmed {
            try requireAsShown(one, look(one.found, wish, ignoresGrace: one.ignoresGrace))
        }
        guard let result = try Settler(world: there).settle(one.found, wish: wish) else {
            return (OperatorRecovery.settledMeanwhile, false)
        }
        let action = result.action
        return (OperatorRecovery.words(result.words, action, wish), action.isForPerson)
    }

    /// An error for people. What Docker echoes of a secret is taken out.
    public func words(of error: any Error) -> String {
        let failure = error as? StepFailure
        return world.recorder.store.redactor.clean(
            failure.map { "step \"\($0.step)\": \($0.cause)" } ?? "\(error)")
    }

    /// A wish is not granted where what ran last would be lost: that is said.
    private static func words(_ words: String, _ action: Action, _ wish: Operation.Direction?)
        -> String
    {
        switch (wish, action) {
        case (.backward, .forward): return words + " (as things are, it cannot go back)"
        case (.forward, .back): return words + " (as things are, it cannot go forward)"
        default: return words
        }
    }

    private func requireAsShown(_ one: Case, _ now: Case) throws {
        if let owner = now.owner {
            throw CPIError.cloud("nothing was done: \(owner.sentence) on it now")
        }
        if let trouble = now.trouble { throw CPIError.cloud("nothing was done: \(trouble)") }
        guard now.action == one.action else {
            throw CPIError.cloud(
                "nothing was done: it is no longer as it was shown; now recovery would: "
                    + (now.action ?? "do nothing"))
        }
    }

    private func look(
        _ found: OpenOperation, _ wish: Operation.Direction?, ignoresGrace: Bool = false
    ) -> Case {
        var one = Case(found: found, ignoresGrace: ignoresGrace)
        one.owner = world.owner(of: found, ignoresGrace: ignoresGrace)
        guard one.owner == nil else { return one }
        do {
            let settler = Settler(world: try world(for: found.operation))
            one.waitsFor = settler.deletions(before: found).first?.title
            let action = try settler.action(for: found, wish: wish)
            one.action = OperatorRecovery.words(action.words, action, wish)
            one.needsPerson = action.isForPerson
        } catch {
            one.trouble = words(of: error)
            one.isUnreachable =
                error is SilentDaemon || (error as? EngineError)?.isDockersAnswer == false
        }
        return one
    }
}

extension Journal {
    /// The operation that `id` is the beginning of. Throws `CPIError` when it is not open.
    func openOperation(_ id: String) throws -> Operation {
        let operation = try operation(id)
        guard operation.state.isOpen else {
            throw CPIError(
                kind: .cpi,
                message: "operation \(operation.id) is not open: it is \(operation.state.rawValue)")
        }
        return operation
    }
}
