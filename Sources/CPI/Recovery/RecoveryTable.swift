import Journal

/// How an interrupted operation of a method is settled in general.
enum Lane {
    /// create_vm, create_stemcell: nobody can have the name of what is not yet made, so it goes.
    case undo
    /// create_disk: one request makes it whole, and what is made is never removed by us.
    case keep
    /// attach_disk, detach_disk: back before the new state is verified, forward after that.
    case replace
    /// delete_*, reboot_vm: forward from the first effect.
    case finish
    /// Nothing in Docker changes.
    case nothing
}

/// What Docker shows of an interrupted operation.
enum Situation: Equatable {
    /// What it makes is not there, or not there under the name that says "made".
    case notMade
    /// It is there under its name. Its answer may have reached the director.
    case made
    /// The old state is in force.
    case old
    /// The new state is in force and has been seen to work.
    case new
    /// The old container is gone; the replacement is the last copy of the VM.
    case onlyNew
    /// Both containers are gone; the committed image, by this name, is the last copy.
    case onlyImage(String)
    /// Another operation has taken over; its id.
    case superseded(String)
}

/// What recovery does about it.
enum Action: Equatable {
    case rollBack
    case finish
    /// Nothing is left to do.
    case close(Operation.State, String)
    /// Only a person can decide.
    case park(String)

    /// In the words of `cpi-admin recover`.
    var words: String {
        switch self {
        case .rollBack: "roll back"
        case .finish: "finish"
        case .close(let state, let why): "close as \(state.rawValue): \(why)"
        case .park(let why): "leave to a person: \(why)"
        }
    }
}

/// (what the journal says, what Docker shows) → action. Read it as a table.
enum RecoveryTable {
    static let unanswered = Action.park("it is made, and its answer may not have arrived")

    static func action(
        _ lane: Lane, _ direction: Operation.Direction, begun: Bool, _ situation: Situation,
        _ wish: Wish? = nil
    ) -> Action {
        switch (lane, direction, begun, situation) {
        // What is the last copy of a VM is never undone, whatever was wished or begun.
        case (.replace, _, _, .onlyNew): .finish
        case (.replace, _, _, .onlyImage(let image)):
            .park("the VM's containers are gone; image \(image) is the last copy of its root layer")
        // An operator may choose the way of a replacement that has not begun to go back.
        case (.replace, .forward, _, .old) where wish == .forward: .finish
        case (.replace, .forward, _, .new) where wish == .back: .rollBack
        case (_, _, _, .superseded(let later)):
            .close(.failed, "operation \(later) has taken over; nothing was changed")
        case (.nothing, _, _, _): .close(.failed, "nothing had been made")

        case (.undo, .backward, _, _): .rollBack
        case (.undo, _, _, .made): unanswered
        case (.undo, _, _, _): .rollBack

        case (.keep, _, _, .made): unanswered
        case (.keep, _, _, _): .close(.failed, "nothing had been made")

        case (.replace, .backward, _, _): .rollBack
        case (.replace, _, _, .new): .finish
        case (.replace, _, _, _): .rollBack

        case (.finish, _, false, _): .close(.failed, "nothing had been done")
        case (.finish, _, true, _): .finish
        }
    }
}
