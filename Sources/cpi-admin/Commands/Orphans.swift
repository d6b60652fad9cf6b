import ArgumentParser
import CPI
import Engine

struct Orphans: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Lists what is in Docker and perhaps unknown to every director. Removes nothing unless asked.",
        discussion: """
            --remove KIND asks for each of that kind that may go, and removes it. What may be the last \
            copy of something is never removed here, nor a snapshot whose answer was lost. A disk, or a \
            snapshot that is not whole, goes only when its name is typed; that cannot be undone. Exit codes \
            of the list: 0 there are none, 2 there are some.
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case container, volume, network

        var kind: Orphan.Kind {
            switch self {
            case .container: .container
            case .volume: .volume
            case .network: .network
            }
        }
    }

    @OptionGroup var source: Source
    @OptionGroup var output: Output
    @Flag(help: "Show the size of each volume (slow: Docker reads every file).")
    var sizes = false
    @Option(help: ArgumentHelp("Remove those: container, volume or network.", valueName: "kind"))
    var remove: Kind?

    func validate() throws {
        guard remove == nil || output.format == .table else {
            throw ValidationError("--remove asks, and prints no documents")
        }
    }

    func run() throws {
        try complaining {
            let recovery = try source.recovery(needsJournal: false)
            if let remove {
                let removal = OrphanDialogue(recovery: recovery, kind: remove.kind)
                return try removal.run()
            }
            let orphans = try recovery.orphans(sizes: sizes)
            if Terminal.isInteractive, output.format == .table, !orphans.isEmpty {
                print(OrphanText.text(orphans))
            } else {
                output.print(Listing(orphans: orphans))
            }
            if !orphans.isEmpty { throw ExitCode.openOperations }
        }
    }
}
