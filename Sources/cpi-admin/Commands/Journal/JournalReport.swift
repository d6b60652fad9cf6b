import ArgumentParser
import CPI
import Journal

struct JournalReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Writes an incident as one HTML file, for a ticket.",
        discussion: """
            It has calls that change something; those that only look are in journal list. \
            The file needs nothing else: no script, no font, no picture from elsewhere. Secrets are \
            not in it. Example: cpi-admin journal report --vm vm-1a2b > incident.html
            """)

    @OptionGroup var source: Source
    @OptionGroup var choice: OperationChoice
    @Option(
        name: [.customShort("n"), .long], parsing: .unconditional,
        help: "How many operations at most, the newest.")
    var limit = 200
    @Flag(help: "Do not ask Docker.")
    var offline = false

    func validate() throws {
        guard (1 ..< .max).contains(limit) else {
            throw ValidationError(
                "--limit must be a whole number from 1: not \(limit)")
        }
        guard choice.isSome else {
            throw ValidationError(
                "give --vm CID, --disk CID, --request ID, --method NAME, --since TIME, --failed or --open"
            )
        }
    }

    func run() throws {
        try complaining {
            let journal = try source.openJournal()
            var filter = try choice.filter(journal, limit: limit + 1)
            filter.mutatingOnly = true
            let reader = OperationReader(journal)
            let found = try journal.operations(filter)
            let views = try found.prefix(limit).reversed().map(reader.view)
            if found.count > limit {
                Streams.write(
                    "cpi-admin: the newest \(limit) operations are in the report; -n takes more\n",
                    to: 2)
            }
            let report = try IncidentReport(
                views, journal,
                title: title(filter)
                    + (found.count > limit ? ", the newest \(limit) operations" : ""),
                facts: facts(views))
            print(try ReportHTML.text(report), terminator: "")
        }
    }

    private func title(_ filter: OperationFilter) -> String {
        let about = filter.subjects.map(\.title)
        guard about.isEmpty else { return "Incident: " + about.joined(separator: ", ") }
        let what: String
        if let since = choice.beginning.since {
            what = "since \(Timestamp.text(since.milliseconds))"
        } else if let request = choice.request {
            what = "call \(request)"
        } else if !choice.method.isEmpty {
            what = choice.method.joined(separator: ", ") + " operations"
        } else {
            what = choice.open ? "open operations" : "failed operations"
        }
        return "Incident: " + what
    }

    /// How many things are looked for in Docker.
    private static let mostSubjects = 50

    /// What Docker says of all that the operations are about, each on the Docker of its newest operation.
    private func facts(_ views: [OperationView]) -> [String] {
        guard !offline, !views.isEmpty else { return ["Docker was not asked."] }
        do {
            let recovery = try source.recovery(needsJournal: false)
            var seen: Set<Subject> = []
            var lines: [String] = []
            for view in views.reversed() {
                let new = view.subjects.filter { seen.insert($0).inserted }
                let room = max(0, Self.mostSubjects - (seen.count - new.count))
                lines += facts(Array(new.prefix(room)), of: view.operation, recovery)
            }
            let further = seen.count - Self.mostSubjects
            return lines + (further > 0 ? ["\(further) further things were not looked for."] : [])
        } catch {
            return ["Not known: \(error)"]
        }
    }

    private func facts(
        _ subjects: [Subject], of operation: Operation, _ recovery: OperatorRecovery
    ) -> [String] {
        guard !subjects.isEmpty else { return [] }
        do {
            return try recovery.facts(about: subjects, of: operation, since: nil)
                .flatMap(\.sentences)
        } catch {
            let cids = subjects.map(\.cid).joined(separator: ", ")
            return ["\(cids): not known: \(error)"]
        }
    }
}
