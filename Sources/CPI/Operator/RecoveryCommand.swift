import Engine
import Journal

/// A command of `cpi-admin recover`, as people are told it.
public struct RecoveryCommand: CustomStringConvertible, Sendable {
    public let description: String

    /// Shows all that is open by the journal, and asks.
    public static let all = RecoveryCommand(description: "cpi-admin recover")
    /// The same by what Docker shows.
    public static let fromDocker = all.adding("--from-docker")

    /// One operation, by the journal.
    public static func of(_ operation: String) -> RecoveryCommand { all.adding(operation) }
    /// One operation, by what Docker shows.
    public static func fromDocker(_ operation: String) -> RecoveryCommand {
        fromDocker.adding(operation)
    }
    /// What is open about one VM.
    static func of(_ vm: VMCID) -> RecoveryCommand { all.adding("--vm \(vm)") }

    /// Also what is so young that it may be at work elsewhere.
    public var atAnyAge: RecoveryCommand { adding("--older-than 0") }
    var forward: RecoveryCommand { adding("--forward") }
    /// Without asking.
    public var yes: RecoveryCommand { adding("--yes") }

    private func adding(_ words: String) -> RecoveryCommand {
        RecoveryCommand(description: "\(description) \(words)")
    }
}

extension World {
    /// Settles an operation: by its id, or where no journal tells of it by what Docker shows.
    func recovery(of id: String) -> RecoveryCommand {
        recorder.store.journal != nil ? .of(id) : .fromDocker(id).atAnyAge
    }

    /// Settles an operation that may be at work elsewhere, and is not: by the journal where that has it open.
    func recoveryAtAnyAge(of id: String) -> RecoveryCommand {
        let isOpenHere = recorder.store.read { try $0.find(id)?.state.isOpen } == true
        let command = isOpenHere ? RecoveryCommand.of(id) : .fromDocker(id)
        return command.atAnyAge.yes
    }

    /// Settles an operation that Docker tells of, and no more: one that may be at work elsewhere is left alone.
    func recovery(of trace: OpenOperation) -> RecoveryCommand {
        let command = RecoveryCommand.fromDocker(trace.id)
        return (isOfHere(trace) ? command.atAnyAge : command).yes
    }

    /// Settles the operation which has left this mark, in whatever state the journal has it.
    func recovery(ofMark mark: Volume) -> RecoveryCommand {
        guard let trace = Traces.trace(mark: mark) else { return .fromDocker }
        let known = recorder.store.read { try $0.find(trace.id) }
        return known?.state.isOpen == true ? .of(trace.id) : recovery(of: trace)
    }
}
