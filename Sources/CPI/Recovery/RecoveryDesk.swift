import Engine
import Journal
import Logging

/// Recovery as an operator asks for it: what is open, what would be done, and doing it.
public final class RecoveryDesk {
    /// An operation without an outcome, or one that was left to a person.
    public struct Case {
        public let operation: Operation
        public let subjects: [Subject]
        /// Its process lives: it is nobody else's business.
        public let owner: String?
        /// What recovery would do; nil when the owner lives or Docker does not answer.
        public let action: String?
        public let needsPerson: Bool
        /// Why nothing could be found out.
        public let trouble: String?
    }

    /// Seconds for which what another machine has begun is left alone.
    public static let grace = Traces.grace

    public let engine: Engine
    private let journal: Journal?
    private let world: World

    /// Throws `CPIError`, `JournalError` or `EngineError`; connects to nothing yet. Without a
    /// journal, which is never made here, only what Docker itself tells is known.
    public init(_ configuration: Configuration, needsJournal: Bool, logger: Logger) throws {
        do {
            // Opened for reading first: root must not make one that vcap cannot use.
            _ = try Journal(reading: configuration.journal.directory + "/" + Journal.fileName)
            journal = try Journal(
                directory: configuration.journal.directory, busyTimeout: 30_000)
        } catch {
            guard !needsJournal else { throw error }
            logger.warning("going on without the journal: \(error)")
            journal = nil
        }
        engine = try Engine(
            configuration.docker.address, ceiling: configuration.docker.usableCeiling(logger),
            timeout: configuration.timeouts.request)
        let recorder = Recorder(journal, id: "", clock: .system, logger: logger, resumed: true)
        world = World(
            engine: engine, configuration: configuration,
            request: CallContext(director: nil, requestID: nil, isVersion2: true), operation: "",
            recorder: recorder, locks: Locks(configuration.journal.directory, logger: logger),
            logger: logger)
    }

    /// Everything open, oldest first; or the one operation that `id` is a prefix of.
    public func cases(_ id: String?, _ wish: Wish? = nil) throws -> [Case] {
        guard let journal else { return [] }
        var open = try journal.open().filter(\.mutating)
        if id == "last" {
            open = open.suffix(1)
        } else if let id {
            let one = try journal.operation(id)
            guard [.running, .parked].contains(one.state) else {
                throw CPIError(
                    kind: .cpi,
                    message: "operation \(one.id) is not open: it is \(one.state.rawValue)")
            }
            open = [one]
        }
        return try open.filter { [.running, .parked].contains($0.state) }.map {
            look($0, try journal.subjects(of: $0.id), wish)
        }
    }

    /// What Docker's names, labels and marks tell of interrupted operations, the journal aside.
    /// Younger ones than `seconds` may be at work on another host, whose locks cannot be seen here.
    /// `young` is how many those are.
    public func casesFromDocker(olderThan seconds: Int, _ wish: Wish? = nil) throws
        -> (cases: [Case], young: Int)
    {
        let limit = Timestamp.text(world.clock.wall() - Int64(seconds) * 1_000)
        let traces = try Traces(world: world).all()
        let old = traces.filter { $0.since <= limit }
        return (old.map { look($0.operation, $0.subjects, wish) }, traces.count - old.count)
    }

    /// Puts names in order, and removes containers that were kept until their VM's agent had been
    /// seen, where it is seen now.
    /// Returns the VMs.
    public func clearAsides() throws -> [String] {
        let containers = try world.engine.containers(["label": [Label.vm]])
        let vms = Set(
            containers.filter {
                $0.names.contains { $0.contains(".old-") || $0.hasSuffix(".next") }
            }.compactMap { $0.labels[Label.vm] })
        return try vms.sorted().filter { vm in
            let subject = Subject(.vm, vm)
            guard let locks = try? world.locks.acquire([subject], seconds: 1, for: "recover") else {
                return false  // somebody is at work on it
            }
            defer { locks.forEach { $0.release() } }
            return try Settlement(world: world).tidy(VMCID(vm))
        }
    }

    /// What nobody may know of.
    public func orphans() throws -> [Orphan] {
        try Orphanage(world: world, journal: journal).all()
    }

    private func look(_ operation: Operation, _ subjects: [Subject], _ wish: Wish?) -> Case {
        if world.locks.isOwned(operation.id) {
            return Case(
                operation: operation, subjects: subjects, owner: world.locks.owner(operation.id),
                action: nil, needsPerson: false, trouble: nil)
        }
        do {
            let action = try recovery(operation, wish).decide()
            return Case(
                operation: operation, subjects: subjects, owner: nil, action: action.words,
                needsPerson: action.isForPerson, trouble: nil)
        } catch {
            return Case(
                operation: operation, subjects: subjects, owner: nil, action: nil,
                needsPerson: false, trouble: "\(error)")
        }
    }

    /// Settles one operation, under the locks of all that it is about. Returns what was done in
    /// words, and whether a person is needed now. Throws `CPIError` when a lock is held.
    public func settle(_ one: Case, _ wish: Wish? = nil) throws
        -> (words: String, needsPerson: Bool)
    {
        let locks = try world.locks.acquire(one.subjects, seconds: 5, for: one.operation.id)
        defer { locks.forEach { $0.release() } }
        let owner = try world.locks.own(one.operation.id)
        defer { owner.forEach { $0.release() } }
        // Somebody may have settled it between the listing and the lock.
        var now = one.operation
        if let journal, now.isRecorded {
            now = try journal.operation(now.id)
            guard now.state == .running || now.state == .parked else {
                return ("nothing: it is \(now.state.rawValue) by now", false)
            }
        } else {
            world.recorder.adopt(now, one.subjects)
        }
        let action = try recovery(now, wish).settle()
        return (action.words, action.isForPerson)
    }

    private func recovery(_ operation: Operation, _ wish: Wish?) -> Recovery {
        let recorder = world.recorder.resuming(operation.id)
        recorder.watch(engine, effectsOnly: true)
        let context = CallContext(
            director: operation.director, requestID: operation.request, isVersion2: true)
        return Recovery(
            world: world.acting(as: operation.id, context, recorder), operation: operation,
            wish: wish)
    }
}

extension Action {
    fileprivate var isForPerson: Bool { if case .park = self { true } else { false } }
}
