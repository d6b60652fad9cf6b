import ArgumentParser
import CPI
import Logging

/// The operator's tool: what happened, and finishing what did not.
@main
struct Admin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cpi-admin",
        abstract: "Reads the journal of the Docker CPI and settles interrupted operations.",
        discussion: """
            Exit codes: 0 clean, 1 error, 2 open operations exist, 3 a person is needed, \
            4 the owner is alive, 5 journal unusable, 6 Docker unreachable, 64 wrong usage.
            """,
        version: Version.text,
        subcommands: [JournalCommand.self, Recover.self, Orphans.self, Disks.self, Doctor.self])
}

/// What an exit code tells a script.
extension ExitCode {
    static let openOperations = ExitCode(2)
    static let personNeeded = ExitCode(3)
    static let ownerAlive = ExitCode(4)
    static let journalUnusable = ExitCode(5)
    static let dockerUnreachable = ExitCode(6)
}
