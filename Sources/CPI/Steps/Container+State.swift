import Engine

extension Container {
    /// For people, who may find another one under that name by now.
    var title: String { "\(name) (\(shortID))" }
    /// When it was started last; nil when it never was.
    var startedWhen: String? { wasStarted ? startedAt : nil }
    /// Tells the end of one run from that of another: when it ended; of a run whose end podman has not seen, for its host
    /// died, when it began.
    var endOfRun: String { wasStarted && finishedAt.hasPrefix("0001") ? startedAt : finishedAt }
    /// Whether what bears these labels, made from this container, holds all that it holds: it does not
    /// run, and has not run since.
    func isHeld(by labels: [String: String]) -> Bool {
        !isRunning && endOfRun == labels[Label.endOfOld]
    }
}
