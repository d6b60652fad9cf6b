import Engine
import Journal

/// Which way a replacement goes when it cannot go on as it began. One table for a call that fails, for
/// recovery after a death, and for an operator's choice.
///
///     old container     replacement           →
///     absent            absent                the image is there: forward, a replacement is made from it; back
///                                             if an operator wants so, or if the disk to attach is gone: one
///                                             as before is made from it
///                                             it is not: all copies are gone
///     absent            any other             forward: it is the last copy; back if it is one as before
///     rested            ran, running          forward: what ran last is the VM. Back if the call that
///                                             started it found it wrong, or if the operation has begun
///                                             to go back and nobody has started it since
///     reran, running    ran, running          a person chooses, and the other one is kept as well
///     any other         absent, fresh         back; forward if an operator wants so, or if the VM was
///                                             stopped all along and has its new container already
///     the VM's name is with another operation's container: that one has taken over; but a person chooses
///     where the old container has run since
enum CustodyTable {
    /// What brings a VM back of which nothing is left.
    static let makingAnew = "bosh cck, or bosh recreate"

    /// `older`: images that earlier operations committed; they hold an older state.
    static func allGone(older: [String]) -> String {
        older.isEmpty
            ? "all copies of the VM's container are gone: no container and no image of it is left; "
                + "next: \(makingAnew); the operation goes with the VM"
            : "the VM's container is gone: what is left of its root layer is an older state, in "
                + "image \(older.joined(separator: ", "))"
    }

    /// Names the containers, for a person to compare.
    static func bothRan(_ carriers: Carriers) -> String {
        func words(_ container: Container?, _ what: String) -> String {
            guard let container else { return what }
            return "\(what) \(container.name) (\(container.shortID), \(container.status))"
        }
        return "\(words(carriers.oldContainer, "the old container")) and "
            + words(carriers.replacementContainer, "its replacement")
            + " have both run since they parted, and each may hold what the other does not: both "
            + "are kept; compare them (docker diff), then have it recovered with --forward (the "
            + "replacement is the VM) or --back (the old one is)"
    }

    /// Where another operation has replaced the VM since.
    static func ranBeside(_ carriers: Carriers, _ other: String) -> String {
        let old = carriers.oldContainer
        return "\(other) has taken over, but container \(old?.name ?? "of the VM") "
            + "(\(old?.status ?? "")) has run since, and may hold what the VM does not: stop it, compare it "
            + "(docker diff), and remove it; then the operation is closed"
    }

    /// `wasRunning`: whether the VM ran when the operation began.
    static func action(
        _ carriers: Carriers, wasRunning: Bool, _ question: RecoveryTable.Question
    ) -> Action {
        if case .other(let other) = carriers.name {
            guard [.reran, .running].contains(carriers.old) else {
                return .superseded(by: other)
            }
            return .park(ranBeside(carriers, other))
        }
        switch (carriers.old, carriers.replacement) {
        case (.absent, .absent):
            guard carriers.image != .absent else {
                return .park(allGone(older: carriers.olderImages))
            }
            return carriers.isAsBefore || question.asker.wish == .backward ? .back : .forward
        case (.absent, _):
            return carriers.isAsBefore ? .back : .forward
        case _ where carriers.haveBothRun:
            return question.asker.wish?.action ?? .park(bothRan(carriers))
        case (_, .ran), (_, .running):
            return mayGoBack(carriers, question) ? .back : .forward
        case (_, .absent), (_, .fresh):
            return mayGoForward(carriers, wasRunning, question) ? .forward : .back
        }
    }

    /// The replacement has run and the old container has not.
    private static func mayGoBack(_ carriers: Carriers, _ question: RecoveryTable.Question)
        -> Bool
    {
        if case .failingCall(hasStarted: true) = question.asker { return true }
        return question.direction == .backward && carriers.replacement == .ran
            && !carriers.isStartedAnew
    }

    /// The replacement has not run: nothing is in it that the old container does not hold.
    private static func mayGoForward(
        _ carriers: Carriers, _ wasRunning: Bool, _ question: RecoveryTable.Question
    ) -> Bool {
        guard question.direction == .forward, !question.asker.isFailingCall else { return false }
        if let wish = question.asker.wish { return wish == .forward }
        let isInPlace = carriers.name == .replacement && carriers.old == .rested
        return !wasRunning && isInPlace
    }
}
