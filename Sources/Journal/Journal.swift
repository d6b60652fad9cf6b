import CSQLite
import Glibc

/// The event store: one SQLite file in WAL mode, shared by all processes of this host.
///
/// Every method throws `JournalError`, or what a closure that it was given throws, and leaves the file as it was when it
/// does.
public final class Journal {
    /// In the journal's directory; its WAL and shared memory stand beside it.
    public static let fileName = "journal.db"
    /// The file of a directory's journal.
    public static func file(in directory: String) -> String { directory + "/" + fileName }
    /// Whether a CPI would use a file of that path as its journal.
    public static func isFile(_ path: String) -> Bool {
        path.split(separator: "/").last.map { $0 == fileName } ?? false
    }
    /// The last millisecond of the year 9999, as a Unix time: what RFC 3339 can say.
    public static let latestTime: Int64 = 253_402_300_799_999

    /// Set when this opening has put a corrupt file there, and begun a new one.
    public private(set) var setAside: String?
    public let path: String

    let database: Database
    private var synchronous: String?

    /// How long whoever writes waits for others, in milliseconds.
    public static let writersTimeout: Int32 = 30_000

    /// Opens the journal in `directory`, making the directory (0700) and the file (0600) if missing.
    ///
    /// `busyTimeout` (milliseconds) is how long to wait for others, here and later.
    public init(directory: String, busyTimeout: Int32) throws {
        try Files.makeDirectory(directory)
        path = Journal.file(in: directory)
        do {
            database = try Journal.open(path, busyTimeout, requiresHeader: true)
        } catch let error as JournalError where error.isCorruption {
            setAside = try Corruption.setAside(path, at: Clock.system.wall())
            database = try Journal.open(path, busyTimeout)
        }
    }

    /// Opens an existing journal file to read it; nothing is made or migrated.
    public init(reading path: String) throws {
        self.path = path
        guard !Corruption.isWALAlone(path) else { throw Journal.lostHeader }
        guard access(path, R_OK) == 0 else { throw Files.failure(path) }
        let (database, version) = try Gate.withOthers(path, seconds: 10) {
            let database = try Database(path: path, readOnly: true)
            database.setBusyTimeout(milliseconds: 5_000)
            return (database, try Schema.version(database))
        }
        self.database = database
        if database.hasLostHeader, try !Corruption.isSound(database) {
            throw Journal.lostHeader
        }
        guard (0...Schema.migrations.count).contains(version) else {
            throw JournalError.newerSchema(found: version, known: Schema.migrations.count)
        }
        guard version > 0 else {
            throw JournalError.file(
                path: path, errno: 0, message: "not a journal (schema version 0)")
        }
    }

    private static let lostHeader = JournalError.sqlite(
        code: SQLITE_NOTADB, message: "something else is written over it", sql: nil)

    private static func open(
        _ path: String, _ busyTimeout: Int32, requiresHeader: Bool = false
    ) throws -> Database {
        let seconds = Double(busyTimeout) / 1_000
        let (database, isNew) = try Gate.withOthers(path, seconds: seconds) {
            if requiresHeader, Corruption.isWALAlone(path) { throw lostHeader }
            try Files.makeFile(path)
            let database = try Database(path: path)
            database.setBusyTimeout(milliseconds: busyTimeout)
            // The first statement opens the WAL.
            let isNew = try Schema.version(database) == 0
            if requiresHeader, database.hasLostHeader { throw lostHeader }
            return (database, isNew)
        }
        // The switch to WAL needs the file for itself and does not wait for it.
        let lock = isNew ? try newLock(path, seconds) : nil
        defer { lock?.release() }
        try Schema.migrate(database)
        // `trim` does it: what one process has checkpointed the next one does not know, so that
        // SQLite's own way would checkpoint at every commit and never begin the WAL anew.
        try database.execute(script: "PRAGMA wal_autocheckpoint = 0")
        return database
    }

    private static func newLock(_ path: String, _ seconds: Double) throws -> FileLock {
        do {
            return try FileLock.acquire(path + ".lock", seconds: seconds, note: "")
        } catch is FileLock.Held {
            throw JournalError.sqlite(
                code: SQLITE_BUSY, message: "another process is making it", sql: nil)
        }
    }

    /// After an error that says so: keeps a corrupt file under another name, as opening it does, for the
    /// next process to begin a new one. Returns where it is; nil when it is not corrupt after all, or
    /// another process was first. What this process still writes goes to the old file.
    public func setAsideIfCorrupt() throws -> String? {
        try Corruption.setAside(path, at: Clock.system.wall())
    }

    /// One write transaction. `durable`: it survives a power loss, not only a kill.
    func write<T>(durable: Bool, _ body: () throws -> T) throws -> T {
        // "PRAGMA synchronous" has no effect inside a transaction, hence before BEGIN.
        let mode = durable ? "FULL" : "NORMAL"
        if synchronous != mode {
            try database.execute(script: "PRAGMA synchronous = \(mode)")
            synchronous = mode
        }
        return try database.transaction(body)
    }

    /// Empties the WAL into the file once it is long, unless others are at work; the last thing a
    /// process does. Whoever opens the file first reads the whole WAL, and with one process per call
    /// that is nearly every one.
    public func trim() throws {
        var status = stat()
        guard stat(path + "-wal", &status) == 0, status.st_size > 512 << 10 else { return }
        database.setBusyTimeout(milliseconds: status.st_size > 8 << 20 ? 200 : 0)
        try database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
