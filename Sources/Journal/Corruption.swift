import Glibc

/// A corrupt journal is kept under another name and never deleted.
enum Corruption {
    /// Renames the file at `path` and its WAL, and says where the file went.
    static func setAside(_ path: String, in directory: String, at milliseconds: Int64) throws
        -> String
    {
        // Two processes may find the damage at once; the second must not set the new file aside.
        let lock = try FileLock.acquire(path + ".lock", seconds: 10, note: "")
        defer { lock.release() }
        let target = "\(path).corrupt-\(milliseconds)"
        guard isStillCorrupt(path) else { return target }
        guard rename(path, target) == 0 else { throw Files.failure(path) }
        rename(path + "-wal", target + "-wal")  // may not be there
        unlink(path + "-shm")  // only an index of the WAL
        return target
    }

    private static func isStillCorrupt(_ path: String) -> Bool {
        do {
            let database = try Database(path: path)
            database.setBusyTimeout(milliseconds: 1_000)
            _ = try Schema.version(database)
            var sound = false
            try database.run("PRAGMA quick_check(1)") { sound = $0.text(0) == "ok" }
            return !sound
        } catch {
            return (error as? JournalError)?.isCorruption ?? false
        }
    }
}
