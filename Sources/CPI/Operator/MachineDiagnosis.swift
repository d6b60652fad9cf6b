import Engine
import Glibc
import Journal

/// What `doctor` sees of this machine without Docker: the configuration, the journal, the locks, the socket.
public enum MachineDiagnosis {
    /// Keys that are not known are ignored, as a newer version's must be: a misspelt one too.
    /// Throws `CPIError`.
    public static func configuration(_ path: String) throws -> Finding {
        let unknown = try Configuration.unknownKeys(path: path)
        guard !unknown.isEmpty else { return Finding("configuration", .ok, path) }
        return Finding(
            "configuration", .warn,
            "\(path): not known here, and ignored: " + unknown.joined(separator: ", "),
            advice: "see whether they are misspelt")
    }

    /// Looks at the journal, the locks and the socket on this machine. Changes nothing.
    public static func findings(_ configuration: Configuration) -> [Finding] {
        let directory = configuration.journal.directory
        return [
            journal(directory), times(directory), locks(Locks.directory(beside: directory)),
            locks(Locks.shared),
        ]
        .compactMap(\.self) + [socket(configuration.docker.address)].compactMap(\.self)
    }

    private static func journal(_ directory: String) -> Finding {
        do {
            let journal = try Journal(reading: Journal.file(in: directory))
            let problems = try journal.check()
            if let first = problems.first?.split(whereSeparator: \.isNewline).last {
                let count = problems.count == 1 ? "" : ", the first of \(problems.count)"
                return Finding(
                    "journal", .fail, "\(journal.path) is not sound: \(first)\(count)",
                    advice: "cpi-admin journal verify, which lists all, and how to go on")
            }
            let bytes = ["", "-wal"].map { size(journal.path + $0) }.reduce(0, +)
            let words = "\(journal.path), \((bytes + 1_048_575) >> 20) MiB"
            if let obstacle = obstacle(toWriting: journal.path) {
                return Finding(
                    "journal", .warn,
                    "\(words): \(obstacle.why)",
                    advice: obstacle.advice)
            }
            guard bytes > 1 << 30 else { return Finding("journal", .ok, words) }
            return Finding(
                "journal", .warn, words, advice: "cpi-admin journal prune --keep 30d")
        } catch let error as JournalError {
            let file = Journal.file(in: directory)
            let trouble = JournalTrouble(error, file)
            // Of an installation whose first call is still to come.
            let isMissing =
                !error.isCorruption && access(file, F_OK) != 0 && errno == ENOENT
            return Finding(
                "journal", isMissing ? .warn : .fail, trouble.words, advice: trouble.advice)
        } catch {
            return Finding("journal", .fail, "\(error)")
        }
    }

    private static func obstacle(toWriting path: String) -> (why: String, advice: String)? {
        guard access(path, W_OK) == 0 else {
            return (
                "this user cannot write it (\(String(cString: strerror(errno)))), nor its calls",
                "run this as root or as the user that runs the CPI"
            )
        }
        var disk = statvfs()
        // A file system that tells nothing has no blocks.
        guard statvfs(path, &disk) == 0, disk.f_blocks > 0,
            disk.f_bavail < (1 << 20) / max(disk.f_frsize, 1)
        else { return nil }
        return (
            "less than 1 MiB is left on its disk, so calls may go on without being recorded",
            "make room there"
        )
    }

    /// Nil where no call is of the future, or the journal cannot be read. Lists by time are out of order there, and
    /// retention keeps such a call until its date has passed.
    private static func times(_ directory: String) -> Finding? {
        let now = Clock.system.wall()
        let future = OperationFilter(since: now + 60_000, limit: 1)
        guard let journal = try? Journal(reading: Journal.file(in: directory)),
            let last = try? journal.operations(future).first
        else { return nil }
        return Finding(
            "journal times", .warn,
            "operation \(last.id) is of \(Timestamp.text(last.started)), and now it is \(Timestamp.text(now))",
            advice: "see whether this host's clock is right; let it keep time with NTP")
    }

    /// Nil for a directory that is not there yet.
    private static func locks(_ directory: String) -> Finding? {
        var status = stat()
        guard lstat(directory, &status) == 0 else { return nil }
        guard Locks.isOurs(directory), access(directory, W_OK | X_OK) == 0 else {
            return Finding(
                "locks", .fail, "\(directory) is user \(status.st_uid)'s: its locks cannot be used",
                advice:
                    "run this as root or that user; two users' CPIs do not see each other's locks")
        }
        let words = "\(directory), of user \(status.st_uid)"
        guard let vcap = getpwnam("vcap")?.pointee, status.st_uid != vcap.pw_uid else {
            return Finding("locks", .ok, words)
        }
        return Finding(
            "locks", .warn, "\(words): user vcap, as which a director runs the CPI, cannot use it",
            advice: "on a director's VM: chown -R vcap: \(directory)")
    }

    /// Whether the user that directors run CPIs as may open the socket. Nil for TCP, or without one.
    private static func socket(_ address: Address) -> Finding? {
        guard case .unix(let path) = address.endpoint else { return nil }
        var status = stat()
        guard stat(path, &status) == 0 else {
            return Finding(
                "socket", .fail, "\(path): \(String(cString: strerror(errno)))",
                advice: "start Docker, or correct Actions.Docker.host")
        }
        let words = "\(path), mode \(String(status.st_mode & 0o777, radix: 8))"
        guard access(path, R_OK | W_OK) == 0 else {
            return Finding(
                "socket", .fail, "\(words): user \(geteuid()), who runs this, may not open it",
                advice: "run cpi-admin as root, or as the user that runs the CPI")
        }
        guard let vcap = getpwnam("vcap")?.pointee, !mayOpen(vcap, status) else {
            return Finding("socket", .ok, words)
        }
        // Its ACL is not read here.
        return Finding(
            "socket", .warn,
            "\(words): by that, user vcap, as which a director runs the CPI, may not open it",
            advice:
                "on a director's VM, where it has no ACL for vcap yet: setfacl -m u:vcap:rw \(path)"
        )
    }

    /// By the mode alone, and by the user's own group: a director starts its CPI without any other.
    private static func mayOpen(_ user: passwd, _ status: stat) -> Bool {
        if status.st_mode & 0o006 == 0o006 { return true }
        if status.st_uid == user.pw_uid { return status.st_mode & 0o600 == 0o600 }
        return status.st_gid == user.pw_gid && status.st_mode & 0o060 == 0o060
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
