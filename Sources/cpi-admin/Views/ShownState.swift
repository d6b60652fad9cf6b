import Journal

/// How an operation stands, as an operator sees it. The raw values are what is printed, and what documents
/// and metrics say: none is ever changed.
enum ShownState: String, CaseIterable {
    /// A live process is at work on it.
    case running
    /// Its process is gone, and nobody has settled it.
    case interrupted
    /// It was begun where no lock can be seen from here: nobody here can tell whether it lives.
    case elsewhere
    case parked
    case done, failed
    case rolledBack = "rolled-back"

    /// `isOwned`: whether a live process has its lock. `isOnAnotherMachine`: whether its lock cannot be seen here.
    init(_ operation: Operation, isOwned: Bool, isOnAnotherMachine: @autoclosure () -> Bool) {
        switch operation.state {
        case .running where isOwned: self = .running
        case .running: self = isOnAnotherMachine() ? .elsewhere : .interrupted
        case .parked: self = .parked
        case .done: self = .done
        case .failed: self = .failed
        case .rolledBack: self = .rolledBack
        }
    }

    /// Without an outcome, or left to a person.
    var isOpen: Bool { self == .running || isUnsettled }

    /// Open, and nobody is seen to be at work on it.
    var isUnsettled: Bool {
        switch self {
        case .interrupted, .elsewhere, .parked: true
        case .running, .done, .failed, .rolledBack: false
        }
    }

    var style: Terminal.Style {
        switch self {
        case .done: .good
        case .failed, .rolledBack: .bad
        case .interrupted, .elsewhere: .doubtful
        case .parked: .person
        case .running: .busy
        }
    }
}
