import Engine
import Journal
import Logging

/// Writes one operation's events. The journal is advice: its first fault ends the writing, is logged
/// once, and never fails the call.
final class Recorder {
    /// The journal, for this operation and all others that this process records.
    let store: JournalStore
    private let id: String
    private let opening: Event
    private var pending: [Event] = []
    private var begun: Bool
    private var ended = false
    /// Another process has begun the operation.
    private let isResumed: Bool
    /// The steps that this process has begun.
    private var steps: Set<String> = []
    /// What this process has remembered.
    private var facts: Set<Fact> = []

    /// `resumed`: the intent is in the journal already.
    init(_ store: JournalStore, id: String, resumed: Bool = false) {
        self.store = store
        self.id = id
        begun = resumed
        isResumed = resumed
        opening = Event(
            kind: .intent, at: store.clock.wall(), monotonic: store.clock.monotonic())
    }

    /// A recorder for another operation in the same journal.
    func another(_ operation: String, resumed: Bool) -> Recorder {
        Recorder(store, id: operation, resumed: resumed)
    }

    /// Keeps an event until the next commit.
    func note(_ payload: EventPayload, _ step: String? = nil) {
        pending.append(event(payload, step))
        if payload == .doing, let step { steps.insert(step) }
        store.onEvent?(id, payload, step)
    }

    /// Whether the operation has begun the step; nil where nothing tells. That the journal has no word of it
    /// is no answer: the process that began the operation may have gone on without its journal.
    func hasBegun(_ step: String) -> Bool? {
        if steps.contains(step) { return true }
        guard isResumed else { return false }
        let recorded = store.read { try $0.begunSteps(of: id) }
        return recorded?.contains(step) == true ? true : nil
    }

    /// Keeps a fact for whoever goes on with the operation.
    func remember(_ fact: Fact) {
        facts.insert(fact)
        record(.note(fact.rawValue), durable: true)
    }

    /// Whether this process has remembered it, or by the journal another one.
    func remembers(_ fact: Fact) -> Bool {
        if facts.contains(fact) { return true }
        guard isResumed else { return false }
        let recorded = store.read { try $0.events(of: id, .note) } ?? []
        return recorded.contains { EventPayload($0) == .note(fact.rawValue) }
    }

    /// Commits the intent: from here on a crash is recoverable.
    func begin(_ intent: Intent) {
        commit { journal, events in
            try journal.begin(intent, with: events, event: opening, durable: true)
        }
        begun = true
    }

    /// Commits an event and all that was kept. `durable`: before a step that destroys something.
    func record(_ payload: EventPayload, _ step: String? = nil, durable: Bool = false) {
        note(payload, step)
        guard begun else { return }
        commit { journal, events in try journal.record(events, of: id, durable: durable) }
    }

    /// Records the outcome of an operation that has begun.
    func end(_ state: Operation.State, error: String?) {
        ended = true
        record(.outcome(state, error: error))
    }

    /// Records that it failed, and the whole of it where it had not begun.
    func fail(_ error: String, intent: @autoclosure () -> Intent) {
        end(.failed, error: error)
        if !begun { recordWhole(intent()) }
    }

    /// The operation gets no outcome now: recovery is to finish it.
    func leaveOpen() {
        ended = true
        guard begun else { return }
        commit { journal, events in try journal.record(events, of: id, durable: false) }
    }

    /// Whether the outcome is still to be recorded.
    var isOpen: Bool { !ended }

    /// Records the intent of an operation that the journal does not know: it was found by its traces
    /// in Docker. One that is known already is left as it is.
    func adopt(_ operation: Operation, _ subjects: [Subject], place: Place?, daemon: JSON) {
        let isKnown = store.read { try $0.find(operation.id) != nil } ?? true
        guard !isKnown else { return }
        let intent = Intent(
            id: operation.id, method: operation.method, mutating: true, plan: operation.plan,
            subjects: subjects, director: operation.director, request: nil,
            owner: RecordedOwner.adopted(place: place, daemon: daemon).text)
        // What this process has kept is of its own operation, which may not have begun: that stays kept.
        let events = [event(.doing, operation.step)]
        let opening = event(.intent(method: operation.method), nil)
        store.write {
            try $0.begin(intent, with: events, event: opening, durable: true)
        }
    }

    /// Commits the whole of an operation that was not begun: a read-only one, or one that failed
    /// before its first effect.
    func recordWhole(_ intent: Intent) {
        commit { journal, events in
            try journal.begin(intent, with: events, event: opening, durable: false)
        }
        begun = true
    }

    /// As `watch`, while `body` is at work; then whoever was told before is told again.
    func watching<Result>(_ engine: Engine, effectsOnly: Bool, _ body: () throws -> Result) rethrows
        -> Result
    {
        let former = engine.onExchange
        defer { engine.onExchange = former }
        watch(engine, effectsOnly: effectsOnly)
        return try body()
    }

    /// Keeps what was asked of Docker: all of it, or only what changes something there.
    func watch(_ engine: Engine, effectsOnly: Bool) {
        engine.onExchange = { [weak self] exchange in
            if effectsOnly && !exchange.isEffect { return }
            self?.note(.request(exchange.request, status: exchange.status))
        }
    }

    private func event(_ payload: EventPayload, _ step: String?) -> Event {
        Event(
            kind: payload.kind, step: step, at: store.clock.wall(),
            monotonic: store.clock.monotonic(),
            data: payload.json.map { store.redactor.clean($0).withShortTexts.text })
    }

    private func commit(_ write: (Journal, [Event]) throws -> Void) {
        let events = pending
        pending = []
        store.write { try write($0, events) }
    }
}

extension Engine.Exchange {
    /// A command run in a container to look around is a POST, and changes nothing: `/containers/NAME/exec`,
    /// then `/exec/ID/start`.
    fileprivate var isEffect: Bool {
        let parts = Array(request.split(separator: "/").dropFirst(2))
        let isExec =
            parts.first == "exec"
            || parts.count == 3 && parts[0] == "containers" && parts[2] == "exec"
        return !isRead && !isExec
    }
}

extension JSON {
    /// What an event says is a few facts, and at most one text for people.
    fileprivate var withShortTexts: JSON {
        .object((object ?? [:]).mapValues { $0.string.map { .string($0.shortened) } ?? $0 })
    }
}
