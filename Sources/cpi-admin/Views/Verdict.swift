import Engine

/// What `journal verify` found.
struct Verdict {
    let path: String
    let events: Int
    let operations: Int
    let problems: [String]

    var text: String {
        let head = "\(path): \(events) events of \(operations) operations"
        guard !problems.isEmpty else { return head + "; all is well" }
        return ([head] + problems.map { "  " + $0 } + ["", advice]).joined(separator: "\n")
    }

    var json: JSON {
        [
            "schema": 1, "path": .string(path), "ok": .bool(problems.isEmpty),
            "events": JSON(events), "operations": JSON(operations),
            "problems": JSON(problems),
            "advice": problems.isEmpty ? .null : .string(advice),
        ]
    }

    private var advice: String {
        """
        Docker is what counts, and calls go on. Keep the file: copy it and journal.db-wal aside. To go \
        on with a sound one: cpi-admin journal export --journal COPY > events.jsonl, then cpi-admin \
        journal import events.jsonl DIRECTORY. Without any journal: cpi-admin recover --from-docker.
        """
    }
}
