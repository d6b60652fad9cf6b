import ArgumentParser
import CPI
import Engine
import Journal

struct JournalExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes events: one JSON document a line, or a trace for Perfetto.",
        discussion: """
            jsonl is read again by "journal import". chrome is the Trace Event Format: open it at \
            https://ui.perfetto.dev or in chrome://tracing; each VM has a lane.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case jsonl, chrome }

    @OptionGroup var source: Source
    @Option(help: "jsonl or chrome.")
    var format = Format.jsonl
    @OptionGroup var beginning: Beginning

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            switch format {
            case .jsonl:
                try journal.forEachEvent(since: beginning.since?.milliseconds) { event in
                    print(EventDocument.json(event).text)
                }
            case .chrome:
                let trace = try ChromeTrace(journal, since: beginning.since?.milliseconds)
                print(trace.json.text)
            }
        }
    }
}
