import Glibc

/// A corrupt journal is kept under another name and never deleted.
enum Corruption {
    /// Renames the file at `path`, its WAL and the WAL's index, and says where the file is now. Nil, and
    /// nothing is renamed, when it is not corrupt: another process was first, or the WAL holds all of it.
    static func setAside(_ path: String, at milliseconds: Int64) throws -> String? {
        try Gate.alone(path) {
            guard isCorrupt(path) else { return nil }
            let target = freeName(path, milliseconds)
            // The file itself last: SQLite deletes a WAL that it finds beside no file or an empty one.
            for end in ["-wal", "-shm", ""] {
                guard rename(path + end, target + end) == 0 || errno == ENOENT else {
                    throw Files.failure(path + end)
                }
            }
            // Where nothing but the WAL is left, that is it.
            return access(target, F_OK) == 0 ? target : target + "-wal"
        }
    }

    /// A journal that cannot be opened now for another reason is not corrupt.
    private static func isCorrupt(_ path: String) -> Bool {
        guard !isWALAlone(path) else { return true }
        do {
            let database = try Database(path: path)
            database.setBusyTimeout(milliseconds: 1_000)
            _ = try Schema.version(database)
            guard try isSound(database) else { return true }
            // What the WAL holds is brought back into the file, or every opening would look so closely.
            if database.hasLostHeader { try database.run("PRAGMA wal_checkpoint(PASSIVE)") }
            return false
        } catch {
            return (error as? JournalError)?.isCorruption ?? false
        }
    }

    /// Whether the file is gone or empty, and its WAL is not: opening it would have SQLite delete that.
    static func isWALAlone(_ path: String) -> Bool {
        func size(_ path: String) -> off_t {
            var status = stat()
            return stat(path, &status) == 0 ? status.st_size : 0
        }
        // SQLite treats a file of one byte as empty.
        return size(path) <= 1 && size(path + "-wal") > 0
    }

    /// Reads the whole file. Throws `JournalError` where a page cannot be used at all.
    static func isSound(_ database: Database) throws -> Bool {
        var isSound = false
        try database.run("PRAGMA quick_check(1)") { isSound = $0.text(0) == "ok" }
        return isSound
    }

    private static func freeName(_ path: String, _ milliseconds: Int64) -> String {
        var time = milliseconds
        while ["", "-wal"].contains(where: { access("\(path).corrupt-\(time)\($0)", F_OK) == 0 }) {
            time += 1
        }
        return "\(path).corrupt-\(time)"
    }
}
