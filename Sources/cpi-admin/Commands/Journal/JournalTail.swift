import ArgumentParser
import CPI
import Glibc
import Journal

struct JournalTail: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Shows the newest events; with -f also those that come.")

    @OptionGroup var source: Source
    @Flag(name: [.customShort("f"), .long], help: "Go on until ^C.")
    var follow = false
    @Option(
        name: [.customShort("n"), .long], parsing: .unconditional,
        help: "How many events to begin with.")
    var lines = 20
    @Flag(help: "Print one JSON document a line.")
    var json = false

    func validate() throws {
        guard lines >= 0 else {
            throw ValidationError("--lines must be a whole number from 0: not \(lines)")
        }
    }

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            var last = max(0, try journal.lastSequence() - Int64(lines))
            while true {
                try journal.forEachEvent(after: last) { event in
                    last = event.sequence
                    let line = json ? EventDocument.json(event).text : EventLine.text(event)
                    // At once, also into a pipe.
                    guard Streams.write(line + "\n", to: 1) else { throw ExitCode.failure }
                }
                guard follow else { return }
                usleep(300_000)
            }
        }
    }
}
