import ArgumentParser
import CPI
import FoundationEssentials
import Glibc
import Journal

struct JournalVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Checks the file and its events, and that the tables made from the events agree with them.",
        discussion: """
            The tables of operations and subjects are made anew from the events in a copy below TMPDIR, and compared. Changes \
            nothing. Exit codes: 0 all is well, 5 something is wrong.
            """)

    @OptionGroup var source: Source
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            // Of a name that nobody can guess, and be there first with.
            let scratch =
                FileManager.default.temporaryDirectory.path + "/cpi-admin-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: scratch, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
            defer { try? FileManager.default.removeItem(atPath: scratch) }
            let verdict: Verdict
            do {
                let counts = try journal.counts()
                verdict = Verdict(
                    path: journal.path, events: counts.events, operations: counts.operations,
                    problems: try journal.verify(scratch: scratch))
            } catch let error as JournalError {
                throw source.complaint(error, journal.path)
            }
            print(json ? verdict.json.text : verdict.text)
            guard verdict.problems.isEmpty else { throw ExitCode.journalUnusable }
        }
    }
}
