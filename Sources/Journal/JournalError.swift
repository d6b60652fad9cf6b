import CSQLite
import Glibc

/// Why the journal could not be opened, read or written. Carries SQL, never bound values; its text is one
/// line, without the SQL.
public enum JournalError: Error, CustomStringConvertible {
    /// SQLite said no: primary result code, its message, and the statement if there was one.
    case sqlite(code: Int32, message: String, sql: String?)
    /// The file was written by a newer version; it is left alone.
    case newerSchema(found: Int, known: Int)
    /// The directory or file cannot be used: the operating system's error.
    case file(path: String, errno: Int32, message: String)
    /// Events are only imported into an empty one.
    case notEmpty(String)
    /// No such operation, or an id prefix that fits several.
    case noOperation(String)
    case ambiguous(prefix: String, ids: [String])

    public var description: String {
        switch self {
        case .sqlite(let code, let message, _) where isCorruption:
            "the file is damaged (SQLite error \(code): \(message))"
        case .sqlite(let code, let message, _): "SQLite error \(code): \(message)"
        case .newerSchema(let found, let known):
            "the journal has schema version \(found); this version knows \(known) at most"
        case .file(let path, _, let message): "cannot use \(path): \(message)"
        case .notEmpty(let path): "\(path) has events already: import into a new file"
        case .noOperation(let id): "no operation \(id) in the journal"
        case .ambiguous(let prefix, let ids):
            "\(prefix) may be " + ids.prefix(5).joined(separator: " or ")
                + (ids.count > 5 ? " or one of more" : "") + "; give more of the id"
        }
    }

    /// The file's content is not a usable database.
    public var isCorruption: Bool { isOne(of: [SQLITE_CORRUPT, SQLITE_NOTADB]) }

    /// Another process has the file, and did not let go of it in the time that one waits.
    public var isBusy: Bool { isOne(of: [SQLITE_BUSY, SQLITE_LOCKED]) }

    /// The file's disk has no room for what was to be written, be it a removal.
    public var isDiskFull: Bool {
        if case .file(_, let errno, _) = self { return errno == ENOSPC || errno == EDQUOT }
        return isOne(of: [SQLITE_FULL])
    }

    /// It is the process that has no room: too many open files, or too little memory.
    public var isOfProcess: Bool {
        guard case .file(_, let errno, _) = self else { return false }
        return [EMFILE, ENFILE, ENOMEM].contains(errno)
    }

    /// This user may not open the file, or not write it.
    public var isForbidden: Bool {
        if case .file(_, let errno, _) = self { return errno == EACCES || errno == EPERM }
        return isOne(of: [SQLITE_READONLY, SQLITE_CANTOPEN])
    }

    private func isOne(of codes: [Int32]) -> Bool {
        if case .sqlite(let code, _, _) = self { codes.contains(code) } else { false }
    }
}
