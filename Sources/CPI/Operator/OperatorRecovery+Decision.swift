import Journal

/// What an operator decides about an operation that recovery leaves alone. Recorded as events that are
/// added to the operation's own: what happened stays as it was written.
extension OperatorRecovery {
    /// Leaves the operation to people: no call and no recovery touches it until it is resolved, or asked
    /// for by its id. Throws `CPIError` when it is not open, or somebody is at work on it.
    public func park(_ id: String, reason: String) throws -> Operation {
        try record(id, .parked, "an operator left it to a person: \(reason)")
    }

    /// Closes the operation in that state, as an operator has found it. Nothing in Docker is looked at
    /// or changed. Throws as `park`.
    public func resolve(_ id: String, as state: Operation.State, reason: String) throws
        -> Operation
    {
        try record(id, state, "an operator closed it as \(state.rawValue): \(reason)")
    }

    private func record(_ id: String, _ state: Operation.State, _ words: String) throws
        -> Operation
    {
        guard let journal else {
            throw CPIError(kind: .cpi, message: "there is no journal to record it in")
        }
        let operation = try journal.openOperation(id)
        let owner = try world.locks.own(operation.id)
        defer { owner.end() }
        guard !owner.isMissing else {
            throw CPIError(
                kind: .cpi,
                message: "no lock can be had, so its owner may be alive: nothing is done")
        }
        // Its owner may have ended it while the lock was waited for.
        _ = try journal.openOperation(operation.id)
        let clean = world.recorder.store.redactor.clean(words)
        let recorder = world.recorder.another(operation.id, resumed: true)
        recorder.note(.note(clean))
        recorder.record(
            .outcome(state, error: state == .done ? nil : clean, byOperator: true), durable: true)
        let now = try journal.operation(operation.id)
        // A recorder goes on without a journal that it cannot write to; here the record is all there is.
        guard now.state == state, now.error == (state == .done ? nil : clean) else {
            throw CPIError(
                kind: .cpi,
                message: "the journal could not be written: operation \(now.id) is as it was")
        }
        return now
    }
}

extension OperatorRecovery.Case {
    /// Whether an operator has parked it: then it is settled only when it is asked for by its id.
    public var isParkedByOperator: Bool { found.isParkedByOperator }
}

extension OperatorRecovery {
    /// Calls `show` with each step as recovery begins and ends it, in words, and without secrets.
    public func onProgress(_ show: @escaping (String) -> Void) {
        let store = world.recorder.store
        let tell = { show(store.redactor.clean($0)) }
        store.onEvent = { [unowned store] operation, payload, step in
            let step = step ?? ""
            switch payload {
            case .doing: tell("\(step) …")
            case .done: tell("\(step): done")
            case .observed: tell("\(step): seen to be done")
            case .undoing: tell("\(store.takingBack(step, of: operation)) …")
            case .undone: tell("\(store.takingBack(step, of: operation)): done")
            case .failed(let error): tell("\(step): \(error)")
            case .warning(let text): tell(text)
            default: break
            }
        }
    }
}

extension JournalStore {
    /// What recovery does about a step on the way back. It takes back what may have been done, also where the
    /// journal has no word of that step: it may have stopped telling.
    fileprivate func takingBack(_ step: String, of operation: String) -> String {
        let begun = read { try $0.find(operation) }.flatMap(begunSteps)
        return (begun?.contains(step) == true ? "take back: " : "take back, if it was begun: ")
            + step
    }
}
