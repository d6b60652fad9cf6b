import Journal

/// The sign that the process of an operation lives: held from before the first step until the answer is
/// written. A process that dies before that leaves the files, and nobody holds them: so it is seen that its
/// answer did not arrive.
final class SignOfLife {
    private var locks: [FileLock]

    init(_ locks: [FileLock]) { self.locks = locks }

    deinit { leave() }

    /// No directory for locks can be used: whether the process lives cannot be seen by others.
    var isMissing: Bool { locks.isEmpty }

    /// Takes the files away. A second call does nothing.
    func end() {
        locks.forEach { $0.release() }
        locks = []
    }

    /// Lets go of the files, and leaves them as a process that dies does.
    func leave() {
        locks.forEach { $0.leave() }
        locks = []
    }
}
