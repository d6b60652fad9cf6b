import Journal

/// How an operation of a method is settled in general.
enum RecoveryRule {
    /// create_vm, create_stemcell, snapshot_disk: nobody can have the name of what is incomplete, so it goes.
    case removeIncomplete
    /// create_disk, create_network: what is whole is kept. A disk goes only while it is certain that it is half
    /// filled from its snapshot.
    case keepWhatIsMade
    /// attach_disk, detach_disk: `CustodyTable` decides, and `LiveTable` where the VM is not replaced.
    case replacement
    /// delete_*, reboot_vm: forward from the first effect.
    case finish
    /// Nothing in Docker changes.
    case nothing
}

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
    /// Somebody, in words, has put another container in the place of ours.
    case superseded(String)
    /// Where a VM's state is while its container is replaced.
    case carriers(Carriers, wasRunning: Bool)
    /// A replacement whose plan is not known: only a container that never ran may be removed.
    case remnant(Carriers.Replacement)
    /// How far a disk is attached to a VM that is not replaced.
    case live(LiveAttach, LiveState)
}

/// What is done about it.
enum Action: Equatable {
    case back
    case forward
    /// Somebody, in words, has taken over: what this operation has left of its own goes.
    case superseded(by: String)
    /// Nothing is left to do.
    case close(Operation.State, String)
    /// Only a person can decide.
    case park(String)

    /// In the words of `cpi-admin recover`.
    var words: String {
        switch self {
        case .back: "roll back"
        case .forward: "finish"
        case .superseded(let later): "close as failed: \(later) has taken over"
        case .close(let state, let why): "close as \(state.rawValue): \(why)"
        case .park(let why): "leave to a person: \(why)"
        }
    }

    /// When it was done.
    var outcome: String {
        switch self {
        case .back: "rolled back"
        case .forward: "finished"
        case .superseded(let later): "closed as failed: \(later) has taken over"
        case .close(let state, let why): "closed as \(state.rawValue): \(why)"
        case .park(let why): "left to a person: \(why)"
        }
    }

    var isForPerson: Bool { if case .park = self { true } else { false } }
}

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
    fileprivate var leavesWhatIsThere: Bool {
        switch self {
        case .laterCall(let isOfSameMethod): !isOfSameMethod
        case .person(let wish): wish != .forward
        case .failingCall, .deletion: false
        }
    }
}

extension Operation.Direction {
    /// That way, where somebody has chosen it.
    var action: Action { self == .backward ? .back : .forward }
}

/// (what the journal says, what Docker shows) → action. Read it as a table.
enum RecoveryTable {
    static let unanswered = Action.park(
        "it is made, and its answer may not have arrived; cpi-admin orphans says what removes it")

    /// What the journal and whoever asks say.
    struct Question {
        var rule: RecoveryRule
        /// Backward once something was undone.
        var direction = Operation.Direction.forward
        /// Whether anything may have been changed.
        var begun = true
        var asker = Asker.person(wish: nil)
    }

    static func action(_ question: Question, _ situation: Situation) -> Action {
        switch (question.rule, situation) {
        case (.nothing, _): .close(.failed, "nothing had been made")

        // The call that fails knows that nobody has the CID yet.
        case (.removeIncomplete, .complete) where question.direction == .forward:
            question.asker.isFailingCall ? .back : unanswered
        case (.removeIncomplete, .gone(let why)) where !question.asker.isFailingCall: .park(why)
        case (.removeIncomplete, _): .back

        case (.keepWhatIsMade, .complete):
            question.asker.isFailingCall
                ? .close(.done, "Docker has made it after all") : unanswered
        case (.keepWhatIsMade, .gone(let why)): .park(why)
        case (.keepWhatIsMade, _): .close(.failed, "nothing was made")

        case (.finish, _) where !question.begun: .close(.failed, "nothing was changed")
        case (_, .superseded(let other)): .superseded(by: other)
        case (.finish, .gone(let why)): .park(why)
        case (.finish, .untouched(let what)) where question.asker.leavesWhatIsThere:
            .close(.failed, "\(what) is there still")
        case (.finish, _): .forward

        case (.replacement, .carriers(let carriers, let wasRunning)):
            CustodyTable.action(carriers, wasRunning: wasRunning, question)
        case (.replacement, .remnant(.ran)), (.replacement, .remnant(.running)):
            .park("a replacement has run, and what it was made for is not known: compare it")
        case (.replacement, .remnant): .back
        case (.replacement, .live(let plan, let state)):
            LiveTable.action(plan, state, question)
        // A restart of one and the same container.
        case (.replacement, .gone(let why)): .park(why)
        case (.replacement, _):
            question.asker.isFailingCall || question.asker.wish == .backward ? .back : .forward
        }
    }
}
