import ArgumentParser
import CPI
import Journal

/// Which operations, for all commands that have to choose.
struct OperationChoice: ParsableArguments {
    @Flag(help: "Only operations without an outcome, and those left to a person.")
    var open = false
    @Flag(help: "Only operations that ended with an error.")
    var failed = false
    @Option(help: ArgumentHelp("Only operations about this VM.", valueName: "cid"))
    var vm: String?
    @Option(help: ArgumentHelp("Only operations about this disk.", valueName: "cid"))
    var disk: String?
    @Option(help: "Only this method; may be given more than once.")
    var method: [String] = []
    @Option(help: "Only the call with this id of the director's, such as cpi-123456.")
    var request: String?
    @Option(help: ArgumentHelp("Only calls of this director.", valueName: "uuid"))
    var director: String?
    @OptionGroup var beginning: Beginning
    @Option(help: ArgumentHelp("Only what began before this time.", valueName: "time"))
    var until: Moment?

    /// Whether something was chosen, so that it is not the whole journal.
    var isSome: Bool {
        open || failed || !method.isEmpty || beginning.since != nil
            || [vm, disk, request].contains { $0 != nil }
    }

    /// Throws `Complaint` for a CID that fits none or several, and for a method that is none.
    func filter(_ journal: Journal, limit: Int) throws -> OperationFilter {
        for name in method { try requireMethod(name, journal) }
        var states: [Operation.State] = []
        if open { states += [.running, .parked] }
        if failed { states += [.failed, .rolledBack] }
        return OperationFilter(
            subjects: try subjects(journal), methods: method, states: states, request: request,
            director: director, since: beginning.since?.milliseconds, until: until?.milliseconds,
            limit: limit)
    }

    /// Another version may have recorded one that is not known here.
    private func requireMethod(_ name: String, _ journal: Journal) throws {
        guard !Methods.names.contains(name),
            try journal.operations(OperationFilter(methods: [name], limit: 1)).isEmpty
        else { return }
        let advice = Suggestion.nearest(name, among: Methods.names).map { "; is it \($0)?" }
        throw Complaint("there is no method \(name)\(advice ?? "")", .failure)
    }

    func subjects(_ journal: Journal) throws -> [Subject] {
        try [(Subject.Kind.vm, vm), (.disk, disk)].compactMap { kind, text in
            try text.map { Subject(kind, try journal.cid(kind, $0)) }
        }
    }
}

extension Journal {
    /// The one CID, of whatever kind, that a text means. Throws `Complaint` when it is none or several.
    func cid(_ text: String) throws -> String {
        guard let cid = try CIDPattern.one(text, of: cids(like: text)) else {
            throw Complaint("the journal knows nothing of \(text)", .failure)
        }
        return cid
    }

    /// The one CID that a text means. Throws `Complaint` when it is none or several.
    func cid(_ kind: Subject.Kind, _ text: String) throws -> String {
        guard let cid = try CIDPattern.one(text, of: cids(kind, like: text)) else {
            throw Complaint("the journal knows no \(kind.rawValue) \(text)", .failure)
        }
        return cid
    }
}
