import Foundation
import Glibc

/// A world at a moment, to come back to: Docker, and the files that processes leave behind.
///
/// The directories stay the same ones, also that of the locks, by which a place is known.
extension Scene {
    struct Snapshot {
        let docker: FakeDocker.State
        let files: Files
    }

    /// Bytes by path below the runner's directory.
    struct Files {
        fileprivate let bytes: [String: [UInt8]]

        var names: [String] { bytes.keys.sorted() }
    }

    func snapshot() throws -> Snapshot { Snapshot(docker: docker.state, files: try files()) }

    func restore(_ snapshot: Snapshot) throws {
        docker.revive()
        docker.state = snapshot.docker
        try restore(snapshot.files)
    }

    func files() throws -> Files { try Files(below: runner.directory.path) }

    func restore(_ files: Files) throws {
        let path = runner.directory.path
        if FileManager.default.fileExists(atPath: path + Scene.keptLocks) {
            try? FileManager.default.removeItem(atPath: path + Files.locks)
            guard rename(path + Scene.keptLocks, path + Files.locks) == 0 else {
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
        try files.restore(below: path)
    }

    /// Loses the journal and the locks. Until the next `restore` their directory is put by.
    func loseJournal() throws {
        let path = runner.directory.path
        _ = rename(path + Files.locks, path + Scene.keptLocks)
        try runner.loseJournal()
    }

    private static let keptLocks = "/put-by"
}

extension Scene.Files {
    fileprivate static let locks = "/locks"

    init(below path: String) throws {
        let names = try Self.names(path).filter { !$0.hasSuffix("-shm") }
        bytes = try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Self.read("\(path)/\($0)")) })
    }

    func restore(below path: String) throws {
        for name in try Self.names(path) where bytes[name] == nil { unlink("\(path)/\(name)") }
        for (name, bytes) in bytes { try Self.write(bytes, "\(path)/\(name)") }
    }

    private static func names(_ path: String) throws -> [String] {
        let files = FileManager.default
        let inside = (try? files.contentsOfDirectory(atPath: path + locks)) ?? []
        return try files.contentsOfDirectory(atPath: path).filter { $0 != "locks" }
            + inside.map { "locks/\($0)" }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, size, 0))
        }
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(file) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }
}
