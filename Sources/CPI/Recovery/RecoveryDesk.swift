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

    public let engine: Engine
    private let journal: Journal
    private let world: World
    private let logger: Logger

    /// Throws `CPIError`, `JournalError` or `EngineError`; connects to nothing yet.
    public init(_ configuration: Configuration, logger: Logger) throws {
        // A journal that is not there has nothing open; root must not make one that vcap cannot use.
        let file = configuration.journal.directory + "/" + Journal.fileName
        _ = try Journal(reading: file)
        journal = try Journal(directory: configuration.journal.directory, busyTimeout: 30_000)
        engine = try Engine(
            configuration.docker.address, ceiling: configuration.docker.usableCeiling(logger),
            timeout: configuration.timeouts.request)
        let recorder = Recorder(journal, id: "", clock: .system, logger: logger, resumed: true)
        world = World(
            engine: engine, configuration: configuration,
            request: CallContext(director: nil, requestID: nil, isVersion2: true), operation: "",
            recorder: recorder, locks: Locks(configuration.journal.directory, logger: logger),
            logger: logger)
        self.logger = logger
    }

    /// Everything open, oldest first; or the one operation that `id` is a prefix of.
    public func cases(_ id: String?) throws -> [Case] {
        try operations(id).map { operation in
            let subjects = try journal.subjects(of: operation.id)
            if world.locks.isOwned(operation.id) {
                return Case(
                    operation: operation, subjects: subjects, owner: world.locks.owner(operation.id),
                    action: nil, needsPerson: false, trouble: nil)
            }
            do {
                let action = try recovery(operation).decide()
                return Case(
                    operation: operation, subjects: subjects, owner: nil, action: action.words,
                    needsPerson: action.isForPerson, trouble: nil)
            } catch {
                return Case(
                    operation: operation, subjects: subjects, owner: nil, action: nil,
                    needsPerson: false, trouble: "\(error)")
            }
        }
    }

    /// Settles one operation, under the locks of all that it is about. Returns what was done in
    /// words, and whether a person is needed now. Throws `CPIError` when a lock is held.
    public func settle(_ one: Case) throws -> (words: String, needsPerson: Bool) {
        let locks = try world.locks.acquire(one.subjects, seconds: 5, for: one.operation.id)
        defer { locks.forEach { $0.release() } }
        let owner = try world.locks.own(one.operation.id)
        defer { owner?.release() }
        // Somebody may have settled it between the listing and the lock.
        let now = try journal.operation(one.operation.id)
        guard now.state == .running || now.state == .parked else {
            return ("nothing: it is \(now.state.rawValue) by now", false)
        }
        let action = try recovery(now).settle()
        return (action.words, action.isForPerson)
    }

    private func operations(_ id: String?) throws -> [Operation] {
        guard let id else { return try journal.open().filter(\.mutating) }
        let operation = try journal.operation(id)
        return [.running, .parked].contains(operation.state) ? [operation] : []
    }

    private func recovery(_ operation: Operation) -> Recovery {
        let recorder = world.recorder.resuming(operation.id)
        recorder.watch(engine, effectsOnly: true)
        let context = CallContext(
            director: operation.director, requestID: operation.request, isVersion2: true)
        return Recovery(
            world: world.acting(as: operation.id, context, recorder), operation: operation)
    }
}

extension Action {
    fileprivate var isForPerson: Bool { if case .park = self { true } else { false } }
}
