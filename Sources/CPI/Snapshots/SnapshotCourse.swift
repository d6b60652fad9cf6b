import Engine

/// How the taking of a snapshot goes, as far as this process sees it: whether it is of one moment, and what
/// it cost. What another process must know is in Docker and in the journal.
final class SnapshotCourse {
    let plan: SnapshotDisk.Plan
    /// Microseconds since boot; nil when this call has not paused the VM.
    var pausedAt: Int64?
    /// Microseconds.
    var pausedFor: Int64?
    /// Docker was asked to pause the VM, and did not say whether it did.
    var mayStillPause = false
    /// Somebody else has paused the VM, or unpaused it: it stays as they left it.
    var isTheirs = false
    /// The pause was over before the copy was.
    var isLate = false
    /// Microseconds since boot, when the copying began.
    var startedAt: Int64 = 0
    /// Microseconds.
    var copiedFor: Int64 = 0
    var report: CopyReport?

    init(_ plan: SnapshotDisk.Plan) { self.plan = plan }

    /// Whether a VM ran that has the disk: what is not of one moment was taken beside it.
    var isBesideVM: Bool { plan.user?.runs == true }

    /// Why the snapshot cannot be called one of a single moment; nil when it can. To be asked when the
    /// copier has read everything.
    func obstacle(_ world: World) throws -> String? {
        if let report, report.changed > 0 {
            return "\(report.changed) entries or more changed meanwhile"
        }
        if plan.isForeign { return "another container has the disk and runs" }
        guard let user = plan.user else { return nil }
        guard let container = try world.engine.container(user.container) else {
            return "VM \(user.vm) was removed or replaced meanwhile"
        }
        if container.startedAt != user.startedAt { return "VM \(user.vm) was started meanwhile" }
        guard user.runs else {
            let isStill = !container.isRunning || container.isPaused
            return isStill ? nil : "VM \(user.vm) was unpaused meanwhile"
        }
        guard user.pauses else { return "snapshots.pause_limit is 0" }
        if isLate {
            let limit = world.configuration.snapshots.pauseLimit
            return "the copy took longer than snapshots.pause_limit, \(limit) seconds"
        }
        return isTheirs ? "somebody else paused or unpaused VM \(user.vm) meanwhile" : nil
    }
}
