import CSQLite
import Synchronization

/// Tells of each commit to a journal at the last moment before SQLite makes it: who is killed there
/// leaves the file without it. Uses SQLite's own hooks; the code that is tested knows nothing of it.
enum JournalCommits {
    /// Called by the thread that commits, which is the test's own.
    private final class Watcher: @unchecked Sendable {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private static let watchers = Mutex<[String: Watcher]>([:])

    /// Calls `body` for every commit to the database file at `path` from now on; nil: no longer.
    static func watch(_ path: String, _ body: (() -> Void)?) {
        _ = installed
        let watcher = body.map(Watcher.init)
        watchers.withLock { $0[path] = watcher }
    }

    /// SQLite runs it for every connection that is opened in this process.
    private static let installed: Int32 = {
        typealias Entry =
            @convention(c) (
                OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, OpaquePointer?
            ) -> Int32
        let entry: Entry = { connection, _, _ in
            sqlite3_commit_hook(
                connection, { JournalCommits.commit($0) }, UnsafeMutableRawPointer(connection))
            return SQLITE_OK
        }
        return sqlite3_auto_extension(unsafeBitCast(entry, to: (@convention(c) () -> Void).self))
    }()

    /// Zero lets the commit go on.
    private static func commit(_ connection: UnsafeMutableRawPointer?) -> Int32 {
        guard let connection,
            let path = sqlite3_db_filename(OpaquePointer(connection), "main")
        else { return 0 }
        watchers.withLock { $0[String(cString: path)] }?.body()
        return 0
    }
}
