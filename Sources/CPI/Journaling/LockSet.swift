import Journal

/// The locks of the VMs and disks that one call or one recovery works on. They are taken in one
/// order, so that two calls never wait for each other; when more are needed, all are let go first.
final class LockSet {
    private let locks: Locks
    private let seconds: Int
    private let operation: String
    private var subjects: Set<Subject> = []
    private var held: [FileLock] = []

    /// Waits `seconds` for a lock that somebody else has. `operation` is what others are shown.
    init(_ locks: Locks, seconds: Int, for operation: String) {
        self.locks = locks
        self.seconds = seconds
        self.operation = operation
    }

    deinit { release() }

    /// Holds the locks of `more` beside those held. Returns true when the set grew: then there was a
    /// moment without any lock, and what was looked at before must be looked at again. Throws
    /// `CPIError` naming the operation that has a lock for longer than the deadline.
    @discardableResult
    func cover(_ more: [Subject]) throws -> Bool {
        let wanted = subjects.union(more.filter(Locks.isLocked))
        guard wanted != subjects else { return false }
        release()
        held = try locks.acquire(Array(wanted), seconds: seconds, for: operation)
        subjects = wanted
        locks.held.formUnion(wanted)
        return true
    }

    /// Lets all go; a second call does nothing.
    func release() {
        held.forEach { $0.release() }
        held = []
        locks.held.subtract(subjects)
        subjects = []
    }
}
