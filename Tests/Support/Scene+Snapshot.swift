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

    func files() throws -> Files {
        var bytes: [String: [UInt8]] = [:]
        for name in try names() where !name.hasSuffix("-shm") {
            bytes[name] = try Scene.read("\(runner.directory.path)/\(name)")
        }
        return Files(bytes: bytes)
    }

    func restore(_ files: Files) throws {
        let path = runner.directory.path
        if FileManager.default.fileExists(atPath: path + Scene.keptLocks) {
            try? FileManager.default.removeItem(atPath: path + Scene.locks)
            guard rename(path + Scene.keptLocks, path + Scene.locks) == 0 else {
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
        for name in try names() where files.bytes[name] == nil { unlink("\(path)/\(name)") }
        for (name, bytes) in files.bytes { try Scene.write(bytes, "\(path)/\(name)") }
    }

    /// Loses the journal and the locks. Until the next `restore` their directory is put by.
    func loseJournal() throws {
        let path = runner.directory.path
        _ = rename(path + Scene.locks, path + Scene.keptLocks)
        try runner.loseJournal()
    }

    private static let locks = "/locks"
    private static let keptLocks = "/put-by"

    private func names() throws -> [String] {
        let path = runner.directory.path
        let files = FileManager.default
        let locks = (try? files.contentsOfDirectory(atPath: path + Scene.locks)) ?? []
        return try files.contentsOfDirectory(atPath: path).filter { $0 != "locks" }
            + locks.map { "locks/\($0)" }
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
