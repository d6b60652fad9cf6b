import ArgumentParser
import CPI
import Journal

struct JournalTimeline: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract:
            "Shows all that touched a VM or a disk, the oldest first, with who replaced whom.",
        discussion: "Calls in a row that are alike and went well are folded into one line.")

    @OptionGroup var source: Source
    @OptionGroup var output: Output
    @Option(help: ArgumentHelp("The VM.", valueName: "cid"))
    var vm: String?
    @Option(help: ArgumentHelp("The disk.", valueName: "cid"))
    var disk: String?
    @OptionGroup var beginning: Beginning
    @Flag(help: "Fold nothing.")
    var all = false

    func validate() throws {
        guard (vm == nil) != (disk == nil) else {
            throw ValidationError("give either --vm CID or --disk CID")
        }
    }

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            let kind: Subject.Kind = vm == nil ? .disk : .vm
            let cid = try journal.cid(kind, vm ?? disk ?? "")
            let filter = OperationFilter(
                subjects: [Subject(kind, cid)], since: beginning.since?.milliseconds, limit: 100_000
            )
            let reader = OperationReader(journal)
            let views = try journal.operations(filter).reversed().map(reader.view)
            output.print(
                Listing(chapters: Chapter.chapters(views, folds: !all), about: kind))
        }
    }
}
