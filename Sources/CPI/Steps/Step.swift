import Engine

/// One effect on Docker: make it, see whether it is there, take it back.
struct Step {
    /// Kept in journals, so never renamed once released.
    let name: String
    /// Recorded durably beforehand: after a power loss it must be known that this was begun.
    var isDestructive = false
    /// May run twice.
    let `do`: (World) throws -> Void
    /// Whether the effect, or what came after it, is there. Asked on every resume.
    let verify: (World) throws -> Bool
    /// Succeeds when there is nothing to undo; nil: no way back from here.
    let undo: ((World) throws -> Void)?
}

/// A step failed: which, and why.
struct StepFailure: Error {
    let index: Int
    let step: String
    let cause: Error

    /// Docker said no before it did anything.
    var isRefusal: Bool {
        guard let status = (cause as? EngineError)?.status else { return false }
        return status < 500
    }
}
