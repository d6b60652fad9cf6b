import Glibc

extension FileLock {
    /// Removes lock files that nobody holds and that were last taken more than `seconds` ago, at most
    /// `limit` of them. Returns how many. One that is held, or taken meanwhile, is left alone: a file
    /// is removed only under its own lock, and whoever waits for it sees that and makes a new one.
    @discardableResult
    public static func sweep(_ directory: String, olderThan seconds: Int, limit: Int) -> Int {
        guard let entries = opendir(directory) else { return 0 }
        defer { closedir(entries) }
        let time = Int(Clock.system.wall() / 1_000) - seconds
        var removed = 0
        while removed < limit, let entry = readdir(entries) {
            // A record ends with its name, before the end of the field.
            let field = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let name = String(
                cString: UnsafeRawPointer(entry).advanced(by: field).assumingMemoryBound(
                    to: CChar.self))
            guard name.hasSuffix(".lock") else { continue }
            if remove("\(directory)/\(name)", unusedSince: time) { removed += 1 }
        }
        return removed
    }

    private static func remove(_ path: String, unusedSince time: Int) -> Bool {
        // Before anything is opened: most are in use, or young.
        guard isOld(path, time) else { return false }
        let file = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0, isCurrent(file, path), isOld(path, time) else {
            return false
        }
        return unlink(path) == 0
    }

    /// Taking a lock writes its holder's note, and so sets the file's time.
    private static func isOld(_ path: String, _ time: Int) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && status.st_mtim.tv_sec < time
    }
}
