import ArgumentParser
import CPI

enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, json, jsonl, csv
}

/// How a list is printed.
struct Output: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "table, json, jsonl or csv.")
    var output: OutputFormat?
    @Flag(help: "The same as --output json.")
    var json = false

    /// Whether no format was asked for.
    var isDefault: Bool { output == nil && !json }

    var format: OutputFormat { output ?? (json ? .json : .table) }

    func validate() throws {
        guard !json || output == nil || output == .json else {
            throw ValidationError(
                "--json and --output \(output?.rawValue ?? "") exclude each other")
        }
    }

    func print(_ listing: Listing) {
        let text = listing.text(format)
        // Neither of them has a line for nothing.
        if format == .jsonl && text.isEmpty { return }
        Swift.print(text)
    }
}
