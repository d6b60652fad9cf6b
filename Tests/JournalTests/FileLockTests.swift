import Foundation
import Testing

@testable import Journal
@testable import Support

@Suite("A file lock has one holder, and tells who")
struct FileLockTests {
    let directory: TemporaryDirectory
    var path: String { directory.path + "/x.lock" }

    init() throws { directory = try TemporaryDirectory() }

    @Test("a second one is refused with the first one's note, until the first lets go")
    func exclusion() throws {
        let first = try FileLock.acquire(path, seconds: 0, note: "operation-1")
        #expect(FileLock.isHeld(path))
        #expect(FileLock.holder(of: path) == "operation-1")
        #expect {
            _ = try FileLock.acquire(path, seconds: 0.1, note: "operation-2")
        } throws: { error in
            (error as? FileLock.Held)?.holder == "operation-1"
        }
        first.release()
        #expect(!FileLock.isHeld(path))
        let second = try FileLock.acquire(path, seconds: 0, note: "2")
        #expect(FileLock.holder(of: path) == "2")
        second.release()
    }

    @Test("letting go removes the file; doing it twice does not harm the next holder")
    func release() throws {
        let first = try FileLock.acquire(path, seconds: 0, note: "")
        first.release()
        #expect(!FileManager.default.fileExists(atPath: path))
        let second = try FileLock.acquire(path, seconds: 0, note: "")
        first.release()
        #expect(FileLock.isHeld(path))
        second.release()
    }

    @Test("a lock that nobody refers to any more is let go")
    func deinitialization() throws {
        do { _ = try FileLock.acquire(path, seconds: 0, note: "") }
        #expect(!FileLock.isHeld(path))
    }

    @Test("a file that a dead process left is no lock")
    func leftover() throws {
        _ = try directory.write("x.lock", Array("operation-dead".utf8))
        #expect(!FileLock.isHeld(path))
        let lock = try FileLock.acquire(path, seconds: 0, note: "new")
        #expect(FileLock.holder(of: path) == "new")
        lock.release()
    }

    @Test("a missing directory is an error, and nobody holds what is not there")
    func missing() {
        #expect(throws: JournalError.self) {
            try FileLock.acquire("/absent/x.lock", seconds: 0, note: "")
        }
        #expect(!FileLock.isHeld("/absent/x.lock"))
        #expect(FileLock.holder(of: "/absent/x.lock") == "")
    }

    @Test("of many that wait, one at a time goes in")
    func contention() throws {
        let path = path
        let counter = directory.path + "/counter"
        _ = try directory.write("counter", Array("0".utf8))
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            do {
                let lock = try FileLock.acquire(path, seconds: 30, note: "")
                let text = FileManager.default.contents(atPath: counter).map {
                    String(decoding: $0, as: UTF8.self)
                }
                let next = (Int(text ?? "") ?? -1_000) + 1
                try Data("\(next)".utf8).write(to: URL(fileURLWithPath: counter))
                lock.release()
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(FileManager.default.contents(atPath: counter) == Data("8".utf8))
    }

    @Test("a link in the place of a lock file is not followed")
    func link() throws {
        let target = try directory.write("target", Array("kept".utf8))
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        #expect(throws: JournalError.self) { try FileLock.acquire(path, seconds: 0, note: "new") }
        #expect(FileManager.default.contents(atPath: target) == Data("kept".utf8))
    }
}

@Suite("Operation ids sort by time and differ")
struct OperationIDTests {
    @Test("a later one is greater, whatever its chance part is")
    func order() {
        let ids = stride(from: Int64(1_700_000_000_000), to: 1_700_000_002_000, by: 7)
            .map { OperationID(at: $0).text }
        #expect(ids == ids.sorted())
        #expect(OperationID(at: 0).text < OperationID(at: 35_184_372_088_831).text)
    }

    @Test("many of one moment are all different, and of one length and alphabet")
    func uniqueness() {
        let ids = Set((0..<200).map { _ in OperationID(at: 1_700_000_000_000).text })
        #expect(ids.count == 200)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-hjkmnp-tv-z]{14}/) != nil })
    }
}
