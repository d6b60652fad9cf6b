import ArgumentParser
import CPI
import Engine
import Journal

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Shows what the CPI was asked to do, and what became of it.",
        subcommands: [List.self, Show.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists operations, the newest first.")

        @OptionGroup var source: Source
        @Option(help: "A journal file to read instead of the configuration's.")
        var journal: String?
        @Option(name: [.customShort("n"), .long], help: "How many at most.")
        var limit = 30
        @Option(help: "Only operations about this VM, disk, stemcell, agent or network.")
        var about: String?
        @Flag(help: "Only operations without an outcome, and those left to a person.")
        var open = false
        @Flag(help: "Only calls that can change something: no info, has_vm and the like.")
        var changes = false
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
        }

        func run() throws {
            try complaining {
                let journal = try source.journal(journal)
                let liveness = Liveness(beside: journal.path)
                let views = try journal.operations(
                    subject: about, openOnly: open, mutatingOnly: changes, limit: limit
                ).map { try OperationView($0, journal, liveness) }
                print(json ? document(views) : table(views))
            }
        }

        private func document(_ views: [OperationView]) -> String {
            (["schema": 1, "operations": .array(views.map(\.json))] as JSON).text
        }

        private func table(_ views: [OperationView]) -> String {
            Terminal.table([OperationView.columns] + views.map(\.row)) { row, column, cell in
                row > 0 && column == 1 ? Terminal.paint(cell, as: views[row - 1].state) : cell
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows all events of one operation.")

        @OptionGroup var source: Source
        @Option(help: "A journal file to read instead of the configuration's.")
        var journal: String?
        @Argument(help: "The operation's id, the beginning of it, or 'last'.")
        var id: String
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            try complaining {
                let journal = try source.journal(journal)
                let operation = try journal.operation(id)
                let view = try OperationView(operation, journal, Liveness(beside: journal.path))
                let story = Story(view: view, events: try journal.events(of: operation.id))
                print(json ? story.json.text : story.text)
            }
        }
    }
}
