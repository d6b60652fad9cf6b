/// What an operation has seen when it began a step, and whoever goes on with it must know: that something is not its own,
/// and stays. The words stand in journals.
enum Fact: String {
    case imageWasThere = "the image was there before it could be pulled: it keeps its name"
    case pauseIsTheirs = "the VM is not up, or somebody else has paused it: it stays so"
}
