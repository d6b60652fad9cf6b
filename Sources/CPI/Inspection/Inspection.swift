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

    /// Whether VMs can run on this daemon, where there is something to say about it. Throws
    /// `EngineError`.
    func daemonRemark() throws -> (isWell: Bool, words: String)? {
        DaemonKind(try world.engineInfo()).line
    }
}

extension OperatorRecovery {
    /// The same Docker and journal, to look at.
    public var inspection: Inspection { Inspection(world: world, journal: journal) }
}
