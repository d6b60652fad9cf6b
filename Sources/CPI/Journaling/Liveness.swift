import Journal
import Logging

/// Tells of operations in a journal file whether their processes live, without a configuration.
public struct Liveness {
    private let locks: Locks

    public init(beside journal: String) {
        locks = Locks(Files.directory(of: journal), logger: Logger(label: "liveness"))
    }

    /// Whether a live process works on the operation, as far as its lock can be seen from here.
    public func isOwned(_ operation: Operation) -> Bool { locks.isOwned(operation.id) }

    /// The host on which it was begun, where its lock cannot be seen from here: nobody can tell then
    /// whether it lives. Nil when it was begun here.
    public func otherHost(_ operation: Operation) -> String? {
        guard let place = RecordedOwner(operation)?.place, locks.isOnAnotherMachine(place) else {
            return nil
        }
        return place.machine.host
    }
}
