/// What the members of plans are for whoever reads an operation's story.
public enum PlanMembers {
    /// Those that only recovery has a use for: how things were, and how the steps go about it. All others say what
    /// was asked for.
    public static let bookkeeping: Set<String> = [
        "addresses", "adopts", "change", "container", "furtherNetworks", "furtherVolumes",
        "isForeign", "isGone", "isKept", "isThere", "macs", "method", "mountsStore", "newVolumes",
        "old", "operation", "pinRuns", "ran", "restartPolicy", "startedAt", "suspendsRestarts",
        "systemd", "tellsSettings", "wasListed", "wasPinned", "wasRunning", "why",
    ]
}
