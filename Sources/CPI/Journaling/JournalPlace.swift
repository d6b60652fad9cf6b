import Glibc
import Journal
import Logging

/// Finds a directory for the journal and the locks: the configured one, else one of the user's own,
/// else none.
struct JournalPlace {
    let journal: Journal?
    let directory: String?

    /// Never throws: what is wrong goes to the log as one line.
    static func open(_ configured: String, _ access: Wiring.Access, _ logger: Logger)
        -> JournalPlace
    {
        do {
            return try place(in: configured, access, logger)
        } catch {
            guard let own = userDirectory, isUnusable(error) else {
                logger.warning("\(JournalTrouble.goingOn(error))")
                return JournalPlace(journal: nil, directory: configured)
            }
            do {
                let place = try place(in: own, access, logger)
                logger.warning("\(error); the journal is kept in \(own) instead")
                return place
            } catch {
                logger.warning("\(JournalTrouble.goingOn(error))")
                return JournalPlace(journal: nil, directory: own)
            }
        }
    }

    private static func place(
        in directory: String, _ access: Wiring.Access, _ logger: Logger
    ) throws -> JournalPlace {
        let journal = try Journal(directory: directory, busyTimeout: access.busyTimeout)
        if let aside = journal.setAside {
            logger.warning(
                "the journal was corrupt; it is kept as \(aside) and a new one was begun")
        }
        return JournalPlace(journal: journal, directory: directory)
    }

    /// Only a directory or file that we may not use sends us elsewhere; a broken journal does not.
    private static func isUnusable(_ error: Error) -> Bool {
        switch error {
        case JournalError.file: true
        case let error as JournalError: error.isForbidden
        default: false
        }
    }

    static var userDirectory: String? {
        if let state = getenv("XDG_STATE_HOME"), String(cString: state).hasPrefix("/") {
            return String(cString: state) + "/docker-cpi"
        }
        guard let home = getenv("HOME"), String(cString: home).hasPrefix("/") else { return nil }
        return String(cString: home) + belowHome
    }

    static let belowHome = "/.local/state/docker-cpi"
}
