import Engine
import Journal
import Logging

/// The journal as one process uses it, for all operations that it records. It is advice: after its
/// first fault there is none for this process, which is logged once and fails nothing.
final class JournalStore {
    private(set) var journal: Journal?
    /// Cleans what events say on its way into the journal. Plans hold names alone, and stay as they are; what a
    /// director or a VM chooses freely is cleaned before it comes into one.
    let redactor: Redactor
    /// Called with each event as it is noted: its operation, what it says, its step.
    var onEvent: ((String, EventPayload, String?) -> Void)?
    let clock: Clock
    private let logger: Logger
    private let setsAside: Bool

    /// `setsAside`: a corrupt journal is kept under another name, so that the next process has a new one.
    init(
        _ journal: Journal?, clock: Clock, logger: Logger, redactor: Redactor = Redactor(),
        setsAside: Bool = true
    ) {
        self.setsAside = setsAside
        self.redactor = redactor
        self.journal = journal
        self.clock = clock
        self.logger = logger
    }

    /// What the journal says; nil once there was a fault.
    func read<T>(_ body: (Journal) throws -> T?) -> T? {
        guard let journal else { return nil }
        do {
            return try body(journal)
        } catch {
            fault(error)
            return nil
        }
    }

    /// A director's metadata or tags as a plan may keep them, and a label say them.
    func cleaned(_ metadata: [String: String]) -> [String: String] {
        redactor.clean(.object(metadata.mapValues(JSON.string))).strings
    }

    func write(_ body: (Journal) throws -> Void) { read(body) }

    /// Keeps the file quick to open for the next call.
    func trim() {
        try? journal?.trim()  // somebody else is at work: another time
    }

    /// Removes a few operations that are older than `days` and that nothing living needs.
    func prune(days: Int) {
        let limit = clock.wall() - Int64(days) * 86_400_000
        _ = read { try $0.prune(before: limit, limit: 20, keeping: .ofTheLiving) }
    }

    private func fault(_ error: Error) {
        let aside = (error as? JournalError)?.isCorruption == true ? setAside() : nil
        journal = nil
        let next = aside.map { "; it is kept as \($0), and the next call begins a new one" } ?? ""
        logger.warning("\(JournalTrouble.goingOn(error))\(next)")
    }

    private func setAside() -> String? {
        setsAside ? try? journal?.setAsideIfCorrupt() : nil  // the fault itself is what is told
    }
}
