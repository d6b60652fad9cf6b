import CSQLite
import Glibc

/// A `flock` on the journal's directory. Whoever opens the journal holds it with others, whoever sets it
/// aside alone: so nobody opens the old file and then the new file's WAL.
enum Gate {
    static func withOthers<T>(_ path: String, seconds: Double, _ body: () throws -> T) throws -> T {
        try hold(path, LOCK_SH, seconds, body)
    }

    static func alone<T>(_ path: String, _ body: () throws -> T) throws -> T {
        try hold(path, LOCK_EX, 10, body)
    }

    /// Throws `JournalError` when it cannot be had for so long. Where directories cannot be locked, as on
    /// some network file systems, the body runs all the same.
    private static func hold<T>(
        _ path: String, _ kind: Int32, _ seconds: Double, _ body: () throws -> T
    ) throws -> T {
        let file = open(Files.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return try body() }
        defer { close(file) }
        let end = Clock.system.monotonic() + Int64(seconds * 1_000_000)
        while flock(file, kind | LOCK_NB) != 0, errno == EWOULDBLOCK {
            guard Clock.system.monotonic() < end else {
                throw JournalError.sqlite(
                    code: SQLITE_BUSY,
                    message: "other processes are opening it, or setting it aside",
                    sql: nil)
            }
            usleep(2_000)
        }
        return try body()
    }
}
