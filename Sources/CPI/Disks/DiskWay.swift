import Engine
import Journal

/// Which of the two ways a disk goes, in words for an operator.
public enum DiskWay {
    /// How an attach_disk or detach_disk was planned; nil for any other operation, and for one that had
    /// nothing to do.
    public static func words(_ operation: Operation) -> String? {
        switch operation.diskChange {
        case nil: return nil
        case .live: return "while the VM runs"
        case .remount(let plan) where plan.change == .replace:
            return "replaced: " + (plan.why ?? "the disk is in the VM's configuration")
        case .remount(let plan): return plan.change == .restart ? "restarted" : nil
        }
    }

    /// The id of the container that such an operation was to replace; nil when it was to replace none.
    public static func replaced(_ operation: Operation) -> String? {
        guard case .remount(let plan)? = operation.diskChange, plan.change == .replace else {
            return nil
        }
        return plan.old
    }
}
