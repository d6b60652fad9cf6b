import ArgumentParser
import CPI
import Journal

struct JournalList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists operations, the newest first.",
        discussion: """
            A CID may be given by its beginning, or as a table shows it, with "…" or "..." in its \
            middle. A terminal gets relative times and what fits its width; a pipe gets all of each. Where there are \
            more than -n, stderr says so. With \
            --open the exit code is 2 when it lists one that nobody is at work on.
            """)

    @OptionGroup var source: Source
    @OptionGroup var output: Output
    @OptionGroup var choice: OperationChoice
    @Option(
        name: [.customShort("n"), .long], parsing: .unconditional, help: "How many at most.")
    var limit = 30
    @Option(help: "Only operations about this VM, disk, snapshot, stemcell, agent or network.")
    var about: String?
    @Flag(help: "Only calls that can change something: no info, has_vm and the like.")
    var changes = false
    @Option(
        help: ArgumentHelp(
            "Which columns: names with commas between them, of "
                + OperationColumn.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "names"))
    var columns: String?

    func validate() throws {
        guard limit > 0 else {
            throw ValidationError("--limit must be a whole number from 1: not \(limit)")
        }
        _ = try OperationColumn.choice(columns)
    }

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            var filter = try choice.filter(journal, limit: limit + 1)
            filter.about = try about.map(journal.cid)
            filter.mutatingOnly = changes
            let reader = OperationReader(journal)
            let found = try journal.operations(filter)
            let views = try found.prefix(limit).map(reader.view)
            if found.count > limit {
                Streams.write(
                    "cpi-admin: these are the newest \(limit), there are more: -n NUMBER\n", to: 2)
            }
            output.print(Listing(views, columns: try OperationColumn.choice(columns)))
            if choice.open, views.contains(where: \.state.isUnsettled) {
                throw ExitCode.openOperations
            }
        }
    }
}
