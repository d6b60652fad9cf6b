import Journal

/// What an operator decides about an operation that recovery leaves alone. Recorded as events that are
/// added to the operation's own: what happened stays as it was written.
extension OperatorRecovery {
    /// Leaves the operation to people: no call and no recovery touches it until it is resolved, or asked
    /// for by its id. Throws `CPIError` when it is not open, or somebody is at work on it.
    public func park(_ id: String, reason: String) throws -> Operation {
        try decide(id, .parked, "an operator left it to a person: \(reason)")
    }

    /// Closes the operation in that state, as an operator has found it. Nothing in Docker is looked at
    /// or changed. Throws as `park`.
    public func resolve(_ id: String, as state: Operation.State, reason: String) throws
        -> Operation
    {
        try decide(id, state, "an operator closed it as \(state.rawValue): \(reason)")
    }

    private func decide(_ id: String, _ state: Operation.State, _ words: String) throws
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
        return try journal.operation(operation.id)
    }
}

extension OperatorRecovery.Case {
    /// Whether an operator has parked it: then it is settled only when it is asked for by its id.
    public var isParkedByOperator: Bool { found.isParkedByOperator }
}

extension OperatorRecovery {
    /// Calls `show` with each step as recovery begins and ends it, in words, and without secrets.
    public func onProgress(_ show: @escaping (String) -> Void) {
        let redactor = world.recorder.store.redactor
        let tell = { show(redactor.clean($0)) }
        world.recorder.store.onEvent = { payload, step in
            let step = step ?? ""
            switch payload {
            case .doing: tell("\(step) …")
            case .done: tell("\(step): done")
            case .observed: tell("\(step): seen to be done")
            case .undoing: tell("take back: \(step) …")
            case .undone: tell("take back: \(step): done")
            case .failed(let error): tell("\(step): \(error)")
            case .warning(let text): tell(text)
            default: break
            }
        }
    }
}
