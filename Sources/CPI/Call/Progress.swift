/// How this process has come along with one operation, for the steps and looks that ask. What another process
/// must know is in Docker and in the journal.
final class Progress {
    /// Set once the operation goes back: how things were when that began.
    var undoing: UndoingBegan?
    /// This process has started the container that the operation makes.
    var hasStarted = false
    /// Volumes that were not there before this process made the container, and have names that others may use: what
    /// another process finds later may have somebody's data in it.
    var newVolumes: [String] = []
    /// An operator has chosen the way (`--back`, `--forward`). Of two containers that have both run the other
    /// one is kept then.
    var isOperatorsWish = false
    /// Of the operation's scripts in a VM: those with a smaller one were sent earlier, and are over.
    var scriptNumber = 0
}
