@testable import Journal

extension Journal {
    /// Keeps every other writer out for the time of `body`.
    func hold<T>(_ body: () throws -> T) throws -> T {
        try write(durable: false, body)
    }

    /// Brings all that the WAL has into the file.
    func emptyWAL() throws { try database.run("PRAGMA wal_checkpoint(TRUNCATE)") }

    /// Makes the file one that a later version has written.
    func pretend(version: Int) throws {
        try database.execute(
            script: "PRAGMA user_version = \(version); PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
