/// What Docker shows of an operation that is not finished.
enum Situation {
    /// What it makes is not there, or not there under the name that says "complete".
    case incomplete
    /// It is there under its name. Its answer may have reached the director.
    case complete
    /// What it is to remove is there still; in words. Whoever was told that the removal failed may use it.
    case untouched(String)
    /// What it is to finish is not finished, or is: both are for the same steps.
    case unfinished
    /// What it was at work on is not there any more; why that matters, in words.
    case gone(String)
    /// Something else, in words, is in the place of ours: somebody has put it there.
    case superseded(String)
    /// Where a VM's state is while its container is replaced.
    case carriers(Carriers, wasRunning: Bool)
    /// A replacement whose plan is not known: only a container that never ran may be removed.
    case remnant(Carriers.Replacement)
    /// How far a disk is attached to a VM that is not replaced.
    case live(LiveChange, LiveState)
}
