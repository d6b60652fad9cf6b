import ArgumentParser
import CPI
import Engine

struct Orphans: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists what is in Docker and nobody may know of. Removes nothing.",
        discussion: "Exit codes: 0 there are none, 2 there are some.")

    @OptionGroup var source: Source
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        try complaining {
            let recovery = try OperatorRecovery.open(source, needsJournal: false)
            let orphans: [Orphan]
            do {
                orphans = try recovery.orphans()
            } catch let error as EngineError {
                throw Complaint("\(error)", ExitCode.dockerUnreachable)
            }
            print(json ? document(orphans) : table(orphans))
            if !orphans.isEmpty { throw ExitCode.openOperations }
        }
    }

    private func table(_ orphans: [Orphan]) -> String {
        guard !orphans.isEmpty else { return "no orphans" }
        let rows = orphans.map { [$0.kind, Terminal.shorten($0.name), $0.reason, $0.command] }
        return Terminal.table([["KIND", "NAME", "REASON", "COMMAND"]] + rows)
    }

    private func document(_ orphans: [Orphan]) -> String {
        let list = orphans.map { orphan -> JSON in
            [
                "kind": .string(orphan.kind), "name": .string(orphan.name),
                "reason": .string(orphan.reason), "command": .string(orphan.command),
            ]
        }
        return (["schema": 1, "orphans": .array(list)] as JSON).text
    }
}
