import Journal

/// What is done about it.
enum Action: Equatable {
    case back
    case forward
    /// Somebody, in words, has taken over: what this operation has left of its own goes.
    case superseded(by: String)
    /// Nothing is left to do.
    case close(Operation.State, String)
    /// Only a person can decide.
    case park(String)

    /// In the words of `cpi-admin recover`.
    var words: String {
        switch self {
        case .back: "roll back"
        case .forward: "finish"
        case .superseded(let later): "close as failed: \(later) has taken over"
        case .close(let state, let why): "close as \(state.rawValue): \(why)"
        case .park(let why): "leave to a person: \(why)"
        }
    }

    /// When it was done.
    var outcome: String {
        switch self {
        case .back: "rolled back"
        case .forward: "finished"
        case .superseded(let later): "closed as failed: \(later) has taken over"
        case .close(let state, let why): "closed as \(state.rawValue): \(why)"
        case .park(let why): "left to a person: \(why)"
        }
    }

    /// What was asked for is there afterwards.
    var finishes: Bool {
        switch self {
        case .forward, .close(.done, _): true
        case .back, .superseded, .close, .park: false
        }
    }

    var isForPerson: Bool { if case .park = self { true } else { false } }
}

extension Operation.Direction {
    /// That way, where somebody has chosen it.
    var action: Action { self == .backward ? .back : .forward }
}
