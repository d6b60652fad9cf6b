import Foundation
import Synchronization

/// A directory of a test's own. It goes when the test lets go of it, and at the latest with the process:
/// nobody lets go of what a `static let` holds.
public final class TemporaryDirectory {
    public let path: String
    private static let left = Mutex<Set<String>>([])
    private static let emptiesAtExit: Void = {
        atexit {
            for path in TemporaryDirectory.left.withLock({ $0 }) {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }()

    public init() throws {
        // Memory where there is some: these tests commit durably some ten thousand times.
        let isShared = FileManager.default.isWritableFile(atPath: "/dev/shm")
        let parent = isShared ? "/dev/shm" : FileManager.default.temporaryDirectory.path
        path = parent + "/cpi-test-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        TemporaryDirectory.emptiesAtExit
        _ = TemporaryDirectory.left.withLock { $0.insert(path) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        _ = TemporaryDirectory.left.withLock { $0.remove(path) }
    }

    /// Writes a file below the directory and says where it is.
    public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Copies a directory as it is now, then gives back the copy.
    public static func copy(of source: String) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            try FileManager.default.copyItem(
                atPath: source + "/" + name, toPath: copy.path + "/" + name)
        }
        return copy
    }

    /// All bytes of all files below, for tests that look for what must not be there.
    public func allBytes() throws -> [UInt8] {
        let names = FileManager.default.enumerator(atPath: path)
        var bytes: [UInt8] = []
        while let name = names?.nextObject() as? String {
            bytes += FileManager.default.contents(atPath: path + "/" + name).map(Array.init) ?? []
        }
        return bytes
    }
}
