import Journal
import Logging

/// Tells of operations in a journal file whether their processes live, without a configuration.
public struct Liveness {
    private let locks: Locks

    public init(beside journal: String) {
        let directory = journal.lastIndex(of: "/").map { String(journal[..<$0]) } ?? "."
        locks = Locks(directory, logger: Logger(label: "liveness"))
    }

    public func isOwned(_ operation: String) -> Bool { locks.isOwned(operation) }
}
