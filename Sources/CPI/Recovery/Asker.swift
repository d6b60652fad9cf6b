import Journal

/// Who asks what is to be done, as far as the answer depends on it.
enum Asker {
    /// The call itself: a step of it has failed while it could still go back. `hasStarted`: it has started
    /// what it has made.
    case failingCall(hasStarted: Bool)
    /// A call that has found what a dead one left. It does not remove what its own director names.
    case laterCall(isOfSameMethod: Bool)
    /// A call that has deleted these, which the operation is about.
    case deletion(of: [Subject])
    /// `cpi-admin recover`, with an operator's wish or none.
    case person(wish: Operation.Direction?)

    var wish: Operation.Direction? { if case .person(let wish) = self { wish } else { nil } }
    var isFailingCall: Bool { if case .failingCall = self { true } else { false } }
    var isDeletion: Bool { if case .deletion = self { true } else { false } }
    /// Whether a deletion is closed where what it was to remove is there still: somebody who does not ask for it again
    /// may have used that since. The journal need not know of that.
    var leavesWhatIsThere: Bool {
        switch self {
        case .laterCall(let isOfSameMethod): !isOfSameMethod
        case .person(let wish): wish != .forward
        case .failingCall, .deletion: false
        }
    }
}
