import Glibc

/// Directories and files of the journal: private to their owner, whoever makes them.
public enum Files {
    /// The directory that a file or directory is in.
    public static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes `path` and its parents; `path` itself with mode 0700. Succeeds when it is there. One that root
    /// makes belongs, as its files do, to whom the directory around it belongs.
    public static func makeDirectory(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return giveToOwnerOfParent(path) }
        if errno == EEXIST { return try requireDirectory(path) }
        guard errno == ENOENT else { throw failure(path) }
        try makeParent(directory(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
    }

    private static func giveToOwnerOfParent(_ path: String) {
        let directory = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { return }
        giveToOwnerOfDirectory(directory, path)
        close(directory)
    }

    /// Gives a directory that root has just made to the owner of another one.
    public static func give(_ path: String, toOwnerOf other: String) {
        var status = stat()
        guard geteuid() == 0, stat(other, &status) == 0, status.st_uid != 0 else { return }
        _ = lchown(path, status.st_uid, status.st_gid)
    }

    /// Makes an empty file with mode 0600 if there is none. One that is there is not opened: see
    /// `Database.hasLostHeader`.
    static func makeFile(_ path: String) throws {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            guard errno == EEXIST, access(path, R_OK | W_OK) == 0 else { throw failure(path) }
            return
        }
        giveToOwnerOfDirectory(file, path)
        close(file)
    }

    /// A file that root makes belongs to whom the directory belongs, or the director, which runs
    /// as another user, could not use it any more.
    static func giveToOwnerOfDirectory(_ file: Int32, _ path: String) {
        var status = stat()
        guard geteuid() == 0, stat(directory(of: path), &status) == 0, status.st_uid != 0 else {
            return
        }
        _ = fchown(file, status.st_uid, status.st_gid)
    }

    static func failure(_ path: String) -> JournalError {
        let code = errno
        return .file(path: path, errno: code, message: String(cString: strerror(code)))
    }

    private static func makeParent(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else { throw failure(path) }
        try makeParent(directory(of: path))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
    }

    private static func requireDirectory(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            errno = ENOTDIR
            throw failure(path)
        }
    }
}
