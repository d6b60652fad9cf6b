import Foundation

/// `make crash` takes hours: it says on stderr how far it is.
enum MatrixProgress {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var cases = 0
    nonisolated(unsafe) private static var failures = 0

    /// A case of either matrix is over.
    static func count(failed: Bool) {
        guard CrashCase.stride != nil else { return }
        lock.withLock {
            cases += 1
            failures += failed ? 1 : 0
            guard cases.isMultiple(of: 20) else { return }
            let line = "\(cases) cases so far, \(failures) failed\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }
}
