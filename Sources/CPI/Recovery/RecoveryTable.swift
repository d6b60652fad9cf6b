import Journal

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
        /// Whether the call has answered with an error.
        var hasToldError = false

        /// Whether it is certain that nobody has the CID of what the operation was to make.
        var isUnknownToAll: Bool { asker.isFailingCall || hasToldError }
    }

    static func action(_ question: Question, _ situation: Situation) -> Action {
        switch (question.rule, situation) {
        case (.nothing, _): .close(.failed, "nothing had been made")

        case (.removeIncomplete, .complete) where question.direction == .forward:
            question.isUnknownToAll ? .back : unanswered
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
