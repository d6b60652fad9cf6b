import Foundation
import Testing

@testable import Journal
@testable import Support

@Suite("A damaged journal is kept as evidence, and another one is begun")
struct SetAsideTests {
    let fixture: JournalFixture
    /// More than the journal has: the WAL may hold the first pages.
    private let garbage = Data(repeating: 0x55, count: 1_000_000)

    init() throws { fixture = try JournalFixture() }

    private func content(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

    private func aside() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
            .filter { $0.contains(".corrupt-") }.sorted()
    }

    /// Over what is there: the file stays the same one.
    private func overwrite(from offset: UInt64 = 0, _ data: Data) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: fixture.file))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: data)
        try file.close()
    }

    /// A journal whose WAL has the first page, and not all others.
    private func fill() throws {
        let journal = try fixture.open()
        for number in 1...200 { try fixture.begin(journal, "before\(number)") }
        try journal.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
        // The file grows: the first page says so.
        for number in 1...30 { try fixture.begin(journal, "after\(number)") }
    }

    @Test("one that is overwritten beside its WAL goes with WAL and index, byte for byte")
    func overwritten() throws {
        try fill()
        try overwrite(garbage)
        let wal = try #require(content(fixture.file + "-wal"))
        try #require(!wal.isEmpty)
        let version = try Schema.version(Database(path: fixture.file))
        try #require(version == Schema.migrations.count, "SQLite takes it for a journal")
        #expect {
            _ = try Journal(reading: fixture.file)
        } throws: { ($0 as? JournalError)?.isCorruption == true }
        let journal = try fixture.open()
        let kept = try #require(journal.setAside)
        #expect(content(kept)?.starts(with: garbage) == true)
        #expect(content(kept + "-wal") == wal)
        #expect(try aside().count == 3, "with the WAL's index")
        try fixture.begin(journal, "op1")
        #expect(try fixture.open().operation("op1").state == .running)
        #expect(try fixture.open().setAside == nil && journal.check() == [])
    }

    @Test("one that is gone or empty beside its WAL is kept with it", arguments: [true, false])
    func emptied(isGone: Bool) throws {
        try fill()
        let wal = try #require(content(fixture.file + "-wal"))
        if isGone {
            try FileManager.default.removeItem(atPath: fixture.file)
        } else {
            #expect(truncate(fixture.file, 0) == 0)
        }
        #expect {
            _ = try Journal(reading: fixture.file)
        } throws: { ($0 as? JournalError)?.isCorruption == true }
        let journal = try fixture.open()
        let kept = try #require(journal.setAside)
        #expect(content(isGone ? kept : kept + "-wal") == wal)
        #expect(try aside().count == (isGone ? 2 : 3), "with the WAL's index")
        try fixture.begin(journal, "op1")
        #expect(try fixture.open().setAside == nil && journal.check() == [])
    }

    @Test("one that the WAL has all of is mended, and loses nothing")
    func heldByWAL() throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "op1")
        try overwrite(Data(repeating: 0x55, count: 4_096))
        #expect(try Journal(reading: fixture.file).operation("op1").state == .running)
        let again = try fixture.open()
        #expect(try again.setAside == nil && again.operation("op1").state == .running)
        #expect(content(fixture.file)?.starts(with: Data("SQLite format 3\0".utf8)) == true)
        #expect(try again.check() == [] && aside() == [])
    }

    /// The kernel takes a process's locks on a file away when the process closes it, through whatever
    /// descriptor.
    @Test("to open it a second time takes none of SQLite's locks away")
    func locks() throws {
        let journal = try fixture.open()
        try fixture.begin(journal, "op1")
        let inode = try FileManager.default.attributesOfItem(atPath: fixture.file)[
            .systemFileNumber]
        let file = ":\(try #require(inode as? Int)) "
        func held() throws -> Int {
            try String(contentsOfFile: "/proc/locks", encoding: .utf8).split(separator: "\n")
                .count { $0.contains(" \(getpid()) ") && $0.contains(file) }
        }
        let before = try held()
        #expect(before > 0)
        let second = try Journal(reading: fixture.file)
        let third = try fixture.open()
        #expect(try second.operations(OperationFilter(limit: 1)).count == 1 && third.check() == [])
        // What is taken away does not come back; one look at /proc/locks may miss a line.
        #expect(try (1...20).contains { _ in try held() >= before })
    }

    @Test("many processes at once keep it once, and lose nothing of what they write")
    func manyAtOnce() throws {
        try fill()
        try overwrite(garbage)
        let directory = fixture.directory.path
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            do {
                let journal = try Journal(directory: directory, busyTimeout: 30_000)
                let intent = Intent(
                    id: "new\(number)", method: "m", mutating: true, plan: nil, subjects: [],
                    director: nil, request: nil, owner: nil)
                try journal.begin(
                    intent, event: Event(kind: .intent, at: 1, monotonic: 0), durable: true)
            } catch {
                Issue.record("\(number): \(error)")
            }
        }
        let journal = try fixture.open()
        #expect(
            Set(try journal.operations(OperationFilter(limit: 99)).map(\.id))
                == Set((0..<8).map { "new\($0)" }))
        #expect(try journal.check() == [] && aside().count == 3)
    }

    @Test(
        "one that is damaged behind its first page is kept once somebody has met that, and not before"
    )
    func damagedLater() throws {
        try fill()
        let journal = try fixture.open()
        #expect(try journal.setAsideIfCorrupt() == nil && aside() == [], "it is sound")
        try journal.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
        try overwrite(from: 4_096, garbage)
        let fresh = try fixture.open()
        #expect(fresh.setAside == nil)
        #expect {
            try fixture.begin(fresh, "op1")
        } throws: { ($0 as? JournalError)?.isCorruption == true }
        let kept = try #require(try fresh.setAsideIfCorrupt())
        #expect(FileManager.default.fileExists(atPath: kept))
        #expect(try fresh.setAsideIfCorrupt() == nil, "there is no file, or a new one")
        try fixture.begin(try fixture.open(), "op2")
        #expect(try fixture.open().operations(OperationFilter(limit: 9)).map(\.id) == ["op2"])
    }
}
