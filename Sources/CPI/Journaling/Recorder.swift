import Engine
import Journal
import Logging

/// Writes one operation's events. The journal is advice: its first fault ends the writing, is told
/// once, and never fails the call.
final class Recorder {
    /// Shared by all operations that this process records: a fault ends the writing of all.
    private final class Store {
        var journal: Journal?
        init(_ journal: Journal?) { self.journal = journal }
    }

    private let store: Store
    private var pending: [Event] = []
    private var begun = false
    private var ended = false
    private let id: String
    private let clock: Clock
    private let logger: Logger
    private let opening: Event

    /// `resumed`: the intent is in the journal already.
    convenience init(
        _ journal: Journal?, id: String, clock: Clock, logger: Logger, resumed: Bool = false
    ) {
        self.init(Store(journal), id: id, clock: clock, logger: logger, resumed: resumed)
    }

    private init(_ store: Store, id: String, clock: Clock, logger: Logger, resumed: Bool) {
        self.store = store
        self.id = id
        self.clock = clock
        self.logger = logger
        begun = resumed
        opening = Event(kind: .intent, at: clock.wall(), monotonic: clock.monotonic())
    }

    /// The journal, to be read; nil once there was a fault.
    func read<T>(_ body: (Journal) throws -> T) -> T? {
        guard let journal = store.journal else { return nil }
        do {
            return try body(journal)
        } catch {
            fault(error)
            return nil
        }
    }

    /// Keeps an event until the next commit.
    func note(_ kind: Event.Kind, _ step: String? = nil, data: JSON? = nil) {
        pending.append(
            Event(
                kind: kind, step: step, at: clock.wall(), monotonic: clock.monotonic(),
                data: data?.text))
    }

    /// Commits the intent: from here on a crash is recoverable.
    func begin(_ intent: Intent) {
        commit { journal, events in
            try journal.begin(intent, before: events, event: opening, durable: true)
        }
        begun = true
    }

    /// Commits an event and all that was kept. `durable`: before a step that destroys something.
    func record(_ kind: Event.Kind, _ step: String? = nil, data: JSON? = nil, durable: Bool = false)
    {
        note(kind, step, data: data)
        guard begun else { return }
        commit { journal, events in try journal.record(events, of: id, durable: durable) }
    }

    /// Records the outcome: of an operation that has begun, or of one that failed while planning.
    func end(_ state: Operation.State, error: String, intent: @autoclosure () -> Intent) {
        ended = true
        let data: JSON = ["state": .string(state.rawValue), "error": .string(error)]
        if begun { return record(.outcome, data: data) }
        note(.outcome, data: data)
        recordWhole(intent())
    }

    /// The operation gets no outcome now: recovery is to finish it.
    func leaveOpen() {
        ended = true
        guard begun else { return }
        commit { journal, events in try journal.record(events, of: id, durable: false) }
    }

    /// Whether the outcome is still to be recorded.
    var isOpen: Bool { !ended }

    /// Writes into the same journal for an operation that was left open.
    func resuming(_ operation: String) -> Recorder {
        Recorder(store, id: operation, clock: clock, logger: logger, resumed: true)
    }

    /// Makes an operation known that was found by its traces in Docker.
    func adopt(_ operation: Operation, _ subjects: [Subject]) {
        let known = read { try $0.contains(operation.id) } ?? true
        guard !known else { return }
        let intent = Intent(
            id: operation.id, method: operation.method, mutating: true, plan: operation.plan,
            subjects: subjects, director: operation.director, request: nil, owner: nil)
        let event = Event(kind: .intent, at: clock.wall(), monotonic: clock.monotonic())
        let step = Event(
            kind: .doing, step: operation.step, at: clock.wall(), monotonic: clock.monotonic())
        commit { journal, events in
            try journal.begin(intent, before: [step], event: event, durable: true)
            if !events.isEmpty { try journal.record(events, of: id, durable: false) }
        }
    }

    /// Commits the whole of an operation that was not begun: a read-only one, or one that failed
    /// before its first effect.
    func recordWhole(_ intent: Intent) {
        commit { journal, events in try journal.recordWhole(intent, event: opening, events) }
        begun = true
    }

    /// Keeps the journal quick to open for the next call.
    func trim() {
        guard let journal = store.journal else { return }
        try? journal.trim()  // somebody else is at work: another time
    }

    /// Removes a few operations that are older than `days`.
    func prune(days: Int) {
        let limit = clock.wall() - Int64(days) * 86_400_000
        _ = read { try $0.prune(before: limit, limit: 20) }
    }

    /// Keeps what was asked of Docker: all of it, or only what changes something there.
    func watch(_ engine: Engine, effectsOnly: Bool) {
        engine.onExchange = { [weak self] exchange in
            if effectsOnly && !exchange.isEffect { return }
            let status = exchange.status.map { JSON.integer(Int64($0)) } ?? .null
            self?.note(.request, data: ["request": .string(exchange.request), "status": status])
        }
    }

    private func commit(_ write: (Journal, [Event]) throws -> Void) {
        let events = pending
        pending = []
        guard let journal = store.journal else { return }
        do {
            try write(journal, events)
        } catch {
            fault(error)
        }
    }

    private func fault(_ error: Error) {
        store.journal = nil
        logger.warning("the journal cannot be used, the call goes on without it: \(error)")
    }
}

extension Engine.Exchange {
    /// A command run in a container to look around is a POST, and changes nothing.
    fileprivate var isEffect: Bool { !isRead && !request.contains("/exec") }
}
