import ArgumentParser
import CPI
import Journal

struct JournalPrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract:
            "Removes finished operations older than --keep, except what still tells of a VM or disk that is there.",
        discussion: """
            Calls do the same by themselves, a few at a time, after journal.retention_days. What is \
            open or parked stays, and so does what tells of a VM or disk that is there. Export first \
            what you may want to read later.
            """)

    @OptionGroup var source: Source
    @Option(help: ArgumentHelp("Keep what began since: \"30d\", \"12w\".", valueName: "span"))
    var keep: String
    @Flag(help: "Say how many would be removed, and remove nothing.")
    var dryRun = false

    func validate() throws { _ = try limit() }

    private func limit() throws -> Int64 {
        guard let span = Moment.span(keep.lowercased()), span >= 3_600_000 else {
            throw ValidationError(
                "--keep wants a span of an hour or more, such as 30d: not \(keep)")
        }
        return Clock.system.wall() - span
    }

    func run() throws {
        try complaining {
            let limit = try limit()
            let journal = try source.openJournal()
            guard !dryRun else {
                let count = try journal.prunable(before: limit)
                return print("\(count) operations would be removed")
            }
            guard Journal.isFile(journal.path) else {
                throw Complaint(
                    "only a journal named \(Journal.fileName) is written to: \(journal.path)",
                    .journalUnusable)
            }
            let directory = Files.directory(of: journal.path)
            let count = try Journal(directory: directory, busyTimeout: Journal.writersTimeout)
                .pruneAll(before: limit)
            print("\(count) operations were removed")
        }
    }
}
