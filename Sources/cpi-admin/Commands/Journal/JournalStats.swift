import ArgumentParser
import CPI
import Journal

struct JournalStats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts calls by method: failures, how long they took, and the slowest.",
        discussion: """
            --steps counts the steps of calls, by kind; it reads every event. --prometheus prints what \
            node_exporter's textfile collector reads: write it to a file beside the one that it reads, \
            and rename it.
            """)

    @OptionGroup var source: Source
    @OptionGroup var output: Output
    @OptionGroup var beginning: Beginning
    @Flag(help: "Count steps.")
    var steps = false
    @Flag(help: "Print metrics in the text format of Prometheus.")
    var prometheus = false

    func validate() throws {
        guard !prometheus || output.isDefault else {
            throw ValidationError("--prometheus is a format of its own: leave out the other one")
        }
    }

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            let since = beginning.since?.milliseconds ?? .min
            let all =
                try steps
                ? journal.stepStatistics(since: since) : journal.methodStatistics(since: since)
            guard prometheus else { return output.print(Listing(all, isSteps: steps)) }
            let reader = OperationReader(journal)
            let open = try journal.open().map { try reader.view($0).state }
            print(Metrics.text(all, isSteps: steps, open: open), terminator: "")
        }
    }
}
