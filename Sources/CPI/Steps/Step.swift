import Engine

/// One effect on Docker: make it, see whether it is there, take it back.
struct Step {
    /// Kept in journals, so never renamed once released.
    let name: String
    /// What is gone afterwards, for an operator; nil for a step that removes nothing, or finds out only then
    /// what it may remove.
    var removes: Removal?
    /// Recorded durably beforehand: after a power loss it must be known that this was begun.
    var isDestructive = false
    /// What is left to do when the call has done what it was asked for: it may wait for recovery.
    var isTidying = false
    /// It changes what the operation has not made: recovery undoes it only if it was begun.
    var touchesOthers = false
    /// May run twice.
    let `do`: (World) throws -> Void
    /// What must hold once the effect is there: asked after `do`, also when Docker's reply to that was lost,
    /// and on a resume that finds the effect there. It takes back what it finds wrong, and throws.
    var check: ((World) throws -> Void)?
    /// Whether the effect, or what came after it, is there. Asked on every resume.
    let verify: (World) throws -> Bool
    let undo: Undo

    /// What a step removes, by its name.
    enum Removal {
        case container(String), volume(String), image(String), network(String)
        /// One that goes if nobody is on it by then.
        case unusedNetwork(String)
    }

    /// How an effect is taken back.
    enum Undo {
        /// Succeeds when there is nothing to take back.
        case by((World) throws -> Void)
        /// The effect goes away with what an earlier step undoes.
        case withAnother
        /// It was there before, or is to stay whatever becomes of the operation.
        case stays
        /// From here on the operation only goes forward: the new state has been seen to work.
        case pivot
        /// What is gone is gone.
        case impossible
    }

    /// Whether there is no way back once this step was begun.
    var isOneWay: Bool {
        switch undo {
        case .by, .withAnother, .stays: false
        case .pivot, .impossible: true
        }
    }
}

/// A step failed: which, and why.
struct StepFailure: Error {
    let index: Int
    let step: String
    let cause: Error

    /// Nothing was done: Docker said no before it did anything, or the step itself did.
    var isRefusal: Bool {
        if cause is NothingDone { return true }
        guard let status = (cause as? EngineError)?.status else { return false }
        return status < 500
    }
}

/// A step has looked, and has not begun.
struct NothingDone: Error, CustomStringConvertible {
    let description: String
}

/// A step cannot see what it is to see, for a reason that has nothing to do with what it did: neither
/// forward nor back is decided by it.
struct CannotLook: Error, CustomStringConvertible {
    let description: String

    /// Docker looks into no container that is paused.
    static func paused(_ vm: VMCID) -> CannotLook {
        CannotLook(description: "VM \(vm) is paused; next: docker unpause \(vm)")
    }
}
