import Foundation
import Synchronization
import Testing

@testable import Journal
@testable import Support

@Suite("Lock files that dead processes left are swept, and no other")
struct FileLockSweepTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func leave(_ name: String, age: Double = 4_000) throws {
        try setAge(try directory.write(name, Array("dead".utf8)), age)
    }

    private func setAge(_ path: String, _ age: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test("a few at a time, until none is left")
    func few() throws {
        for number in 0..<20 { try leave("\(number).lock") }
        #expect(FileLock.sweep(directory.path, olderThan: 3_600, limit: 8) == 8)
        #expect(try names().count == 12)
        #expect(FileLock.sweep(directory.path, olderThan: 3_600, limit: 80) == 12)
        #expect(FileLock.sweep(directory.path, olderThan: 3_600, limit: 8) == 0)
    }

    @Test("what is young, or no lock file, stays")
    func others() throws {
        try leave("young.lock", age: 3_000)
        try leave("journal.db")
        let target = try directory.write("target", [1])
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/link.lock", withDestinationPath: target)
        try FileManager.default.createDirectory(
            atPath: directory.path + "/directory.lock", withIntermediateDirectories: false)
        try setAge(directory.path + "/directory.lock", 4_000)
        let before = try names()
        #expect(FileLock.sweep(directory.path, olderThan: 3_600, limit: 80) == 0)
        #expect(try names() == before)
        #expect(FileLock.sweep("/absent", olderThan: 0, limit: 80) == 0)
    }

    @Test("one that is held stays, however old its file")
    func held() throws {
        let path = directory.path + "/held.lock"
        let lock = try FileLock.acquire(path, seconds: 0, note: "me")
        try setAge(path, 4_000)
        #expect(FileLock.sweep(directory.path, olderThan: 3_600, limit: 8) == 0)
        #expect(FileLock.isHeld(path) && FileLock.holder(of: path) == "me")
        lock.release()
    }

    @Test("sweeping while others take and leave the same lock never lets two in")
    func race() throws {
        let parent = directory.path
        let path = parent + "/x.lock"
        let inside = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 6) { worker in
            for _ in 0..<200 {
                if worker < 2 {
                    FileLock.sweep(parent, olderThan: -3_600, limit: 8)
                    continue
                }
                guard let lock = try? FileLock.acquire(path, seconds: 30, note: "") else {
                    Issue.record("no lock in 30 seconds")
                    continue
                }
                inside.withLock { $0 += 1 }
                #expect(inside.withLock { $0 } == 1)
                inside.withLock { $0 -= 1 }
                lock.release()
            }
        }
    }
}
