import Glibc

/// An exclusive `flock` on a file. The kernel lets go of it when its process dies, however it dies.
public final class FileLock {
    /// Somebody else has it. `holder` is the note that they left, often an operation id.
    public struct Held: Error {
        public let holder: String
    }

    private var file: Int32
    private let path: String

    private init(file: Int32, path: String) {
        self.file = file
        self.path = path
    }

    deinit { release() }

    /// Takes the lock, waiting at most `seconds`. Throws `Held`, or `JournalError` when the file
    /// cannot be made or its file system has no locks. `note` is what others are shown who wait in vain.
    public static func acquire(_ path: String, seconds: Double, note: String) throws -> FileLock {
        let end = Clock.system.monotonic() + Int64(seconds * 1_000_000)
        while true {
            let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw Files.failure(path) }
            if flock(file, LOCK_EX | LOCK_NB) == 0 {
                if isCurrent(file, path) {
                    Files.giveToOwnerOfDirectory(file, path)
                    leave(note, in: file)
                    return FileLock(file: file, path: path)
                }
                close(file)  // its last holder has just removed it: try the new one
                continue
            }
            // ENOLCK and EOPNOTSUPP: this file system has no locks, and waiting brings none.
            guard errno == EWOULDBLOCK || errno == EINTR else {
                let failure = Files.failure(path)
                close(file)
                throw failure
            }
            let holder = readNote(file)
            close(file)
            guard Clock.system.monotonic() < end else { throw Held(holder: holder) }
            usleep(20_000)
        }
    }

    /// Whether a live process holds the lock.
    public static func isHeld(_ path: String) -> Bool {
        let file = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard flock(file, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
        return false
    }

    /// What the holder says of itself; empty when there is none.
    public static func holder(of path: String) -> String {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return "" }
        defer { close(file) }
        return readNote(file)
    }

    /// Removes the file and lets go; a second call does nothing.
    public func release() {
        guard file >= 0 else { return }
        if FileLock.isCurrent(file, path) { unlink(path) }
        leave()
    }

    /// Lets go and leaves the file, as a process that dies does; a second call does nothing.
    public func leave() {
        guard file >= 0 else { return }
        close(file)
        file = -1
    }

    /// Whether the file is there, held or not.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// False when the path names another file by now than the one that was locked.
    static func isCurrent(_ file: Int32, _ path: String) -> Bool {
        var mine = stat()
        var named = stat()
        guard fstat(file, &mine) == 0, lstat(path, &named) == 0 else { return false }
        return mine.st_ino == named.st_ino && mine.st_dev == named.st_dev
    }

    private static func leave(_ note: String, in file: Int32) {
        ftruncate(file, 0)
        _ = note.withCString { pwrite(file, $0, strlen($0), 0) }
    }

    private static func readNote(_ file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = pread(file, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
