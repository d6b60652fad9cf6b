import Glibc
import Journal
import Logging

/// File locks by name, across the processes of this host: one mutation of a VM or disk at a time,
/// and a sign of life of each operation's owner. The kernel drops them when a process dies.
final class Locks {
    let directories: [String]
    let shared: String?
    /// The journal's directory.
    private let journal: String?
    private let logger: Logger
    private var swept: Set<String> = []
    /// Directories in which a lock's file could not be made, as where the disk is full.
    private(set) var refused: Set<String> = []
    /// What this process has locked: a second lock of its own would wait for the first.
    var held: Set<Subject> = []

    /// Here processes with different journal directories meet.
    static let shared = "/var/tmp/docker_cpi.locks"

    init(_ directory: String?, shared: String? = Locks.shared, logger: Logger) {
        directories = [directory.map(Locks.directory), shared].compactMap(\.self)
        self.shared = shared
        journal = directory
        self.logger = logger
    }

    /// Of the locks beside a journal, by the journal's directory.
    static func directory(beside journal: String) -> String { journal + "/locks" }

    /// Takes the locks of all subjects in one order, so that two calls never wait for each other.
    /// Throws `CPIError` naming the operation that has one for longer than `seconds`.
    func acquire(_ subjects: [Subject], seconds: Int, for operation: String) throws -> [FileLock] {
        let names = Set(subjects.compactMap(Locks.name)).sorted()
        return try names.flatMap { try acquire($0, seconds: seconds, for: operation) }
    }

    /// Keeps others from making, removing or joining a network. Throws `CPIError` as for subjects.
    func acquire(network: String, seconds: Int, for operation: String) throws -> [FileLock] {
        let name = network.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" }
        return try acquire("network-" + String(name), seconds: seconds, for: operation)
    }

    private func acquire(_ name: String, seconds: Int, for operation: String) throws -> [FileLock] {
        do {
            return try acquire(name, seconds: Double(seconds), note: operation)
        } catch let held as FileLock.Held {
            let isOperation = OperationID.isID(held.holder)
            throw CPIError.cloud(
                "\(name) is being worked on by "
                    + (isOperation ? "operation \(held.holder)" : "another process")
                    + ", for \(seconds) seconds and more"
                    + (isOperation ? "; see: cpi-admin journal show \(held.holder)" : ""))
        }
    }

    /// A lock of that name in each directory that can be used. None where none can: the marks in
    /// Docker have to do then. Throws `FileLock.Held`, and `CPIError` where this process has no room for it (open files):
    /// it would go on where others are not kept away, and be taken for one of another machine.
    func acquire(_ name: String, seconds: Double, note: String) throws -> [FileLock] {
        var fault: Error?
        var locks: [FileLock] = []
        for directory in directories {
            do {
                try make(directory)
                guard Locks.isOurs(directory) else { continue }
                locks.append(
                    try FileLock.acquire(
                        Locks.file(name, in: directory), seconds: seconds, note: note))
                sweep(directory)
            } catch let error as JournalError {
                guard !error.isOfProcess else {
                    throw CPIError.cloud("no lock can be had for \(name): \(error)")
                }
                fault = fault ?? error
                refused.insert(directory)
            }
        }
        if locks.isEmpty {
            logger.warning(
                "no lock can be had for \(name): \(fault.map { "\($0)" } ?? "no directory")")
        }
        return locks
    }

    /// What root makes, for `cpi-admin`, is to be of use to the user that owns the journal.
    func make(_ directory: String) throws {
        let isNew = access(directory, F_OK) != 0
        try Files.makeDirectory(directory)
        if isNew, let journal { Files.give(directory, toOwnerOf: journal) }
    }

    /// The sign of life that the owner of an operation holds. Throws `CPIError` when somebody else is
    /// the owner by now.
    func own(_ operation: String) throws -> SignOfLife {
        do {
            return SignOfLife(
                try acquire(Locks.name(of: operation), seconds: 1, note: "process \(getpid())"))
        } catch let held as FileLock.Held {
            throw CPIError.cloud(
                "operation \(operation) is being worked on by \(held.holder)"
            )
        }
    }

    /// Whether the process that works on the operation lives.
    func isOwned(_ operation: String) -> Bool {
        directories.contains { FileLock.isHeld(Locks.file(of: operation, in: $0)) }
    }

    /// Whether it is seen that the operation's process died before its answer was written. False where
    /// nothing tells: a sign of life is kept for a day. It must be in each directory: one whose disk could not
    /// be written to at the end may have kept it.
    func hasDied(_ operation: String) -> Bool {
        let ours = directories.filter(Locks.isOurs)
        return !ours.isEmpty && !isOwned(operation)
            && ours.allSatisfy { FileLock.exists(Locks.file(of: operation, in: $0)) }
    }

    /// Who works on the operation, in words.
    func owner(_ operation: String) -> String {
        directories.map { FileLock.holder(of: Locks.file(of: operation, in: $0)) }
            .first { !$0.isEmpty } ?? "a process"
    }

    /// Seconds for which the file of a process that died is kept.
    static let kept = 86_400

    /// Killed processes leave their lock files. Each process removes a few of the old ones.
    private func sweep(_ directory: String) {
        guard swept.insert(directory).inserted else { return }
        FileLock.sweep(directory, olderThan: Locks.kept, limit: 8)
    }

    private static func name(of operation: String) -> String { "operation-\(operation)" }

    private static func file(of operation: String, in directory: String) -> String {
        file(name(of: operation), in: directory)
    }

    private static func file(_ name: String, in directory: String) -> String {
        "\(directory)/\(name).lock"
    }

    /// Whether there is a lock for such a subject.
    static func isLocked(_ subject: Subject) -> Bool { name(subject) != nil }

    private static func name(_ subject: Subject) -> String? {
        switch subject.kind {
        case .vm, .disk, .snapshot: subject.cid
        case .agent:
            "agent-"
                + String(
                    subject.cid.utf8.map {
                        $0.isNameCharacter ? Character(Unicode.Scalar($0)) : "_"
                    })
        case .stemcell, .network: nil
        }
    }

    /// In a directory that anybody may write to, a stranger could have been first.
    static func isOurs(_ directory: String) -> Bool {
        var status = stat()
        guard lstat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return false
        }
        return geteuid() == 0 || status.st_uid == geteuid()
    }
}
