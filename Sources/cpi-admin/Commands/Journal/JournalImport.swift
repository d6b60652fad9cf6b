import ArgumentParser
import CPI
import Engine
import Glibc
import Journal

struct JournalImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a journal of what \"journal export\" wrote.",
        discussion: """
            Example: cpi-admin journal export > events.jsonl
                     cpi-admin journal import events.jsonl /tmp/incident
                     cpi-admin journal --journal /tmp/incident/journal.db
            """)

    @Argument(help: "The file with the events; - for stdin.")
    var events: String
    @Argument(help: "The directory for the journal: a new one, or one without a journal.")
    var directory: String

    func run() throws {
        try complaining {
            try redirect()
            var line = 0
            var order = EventOrder()
            let journal = try Journal(directory: directory, busyTimeout: 5_000)
            try journal.importEvents {
                guard let text = readLine() else { return nil }
                line += 1
                guard let json = try? JSON(parsing: text.utf8),
                    let event = EventDocument.event(json)
                else {
                    throw Complaint(
                        "line \(line) of \(events) is no event: nothing is imported", .failure)
                }
                if let problem = order.problem(event) {
                    throw Complaint(
                        "line \(line) of \(events): \(problem): nothing is imported", .failure)
                }
                return event
            }
            print("\(line) events are in \(journal.path)")
        }
    }

    /// What an export keeps, and a file that is cut, mixed up or doubled does not.
    private struct EventOrder {
        private var last: Int64 = 0
        private var begun: Set<String> = []

        mutating func problem(_ event: Event) -> String? {
            guard event.sequence > last else {
                return "event \(event.sequence) does not follow event \(last)"
            }
            last = event.sequence
            if event.kind == .intent, event.data == nil { return "an intent without data" }
            if event.kind == .intent { begun.insert(event.operation) }
            return begun.contains(event.operation)
                ? nil : "operation \(event.operation) has no intent before it"
        }
    }

    /// Lines are read from stdin, however long the file is.
    private func redirect() throws {
        guard events != "-" else { return }
        let file = open(events, O_RDONLY | O_CLOEXEC)
        var status = stat()
        if file >= 0, fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw Complaint("\(events) is a directory: name a file of events", .failure)
        }
        guard file >= 0, dup2(file, STDIN_FILENO) == STDIN_FILENO else {
            throw Complaint(
                "cannot read \(events): \(String(cString: strerror(errno)))", .failure)
        }
        close(file)
    }
}
