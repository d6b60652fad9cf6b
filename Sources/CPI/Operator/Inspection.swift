import Engine
import Journal

/// What an operator looks at: VMs, disks, the daemon, and what is wrong with them. Changes nothing.
public struct Inspection {
    let world: World
    let journal: Journal?

    var engine: Engine { world.engine }

    /// Everything open, oldest first, without a look at Docker. Throws `JournalError`.
    func openOperations() throws -> [OpenOperation] {
        try journal?.openMutations() ?? []
    }

    /// Operations that Docker shows and the journal does not know: it was lost, could not be written when they began,
    /// or is not that of the CPI which began them. None that a process of this machine is at work on. Throws
    /// `EngineError`.
    func unrecorded() throws -> [OpenOperation] {
        guard let journal else { return [] }
        return try Traces(world: world).unowned { try journal.find($0.id) == nil }
    }

    /// Whether VMs can run on this daemon, where there is something to say about it. Throws
    /// `EngineError`.
    func daemonRemark() throws -> (isWell: Bool, words: String)? {
        DaemonKind(try world.engineInfo()).line
    }
}

extension OperatorRecovery {
    /// The same Docker and journal, to look at.
    public var inspection: Inspection { inspection(journal) }

    /// The same Docker, with a journal or without one.
    public func inspection(_ journal: Journal?) -> Inspection {
        Inspection(world: world, journal: journal)
    }
}
