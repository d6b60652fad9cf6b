import Foundation
import Testing

@testable import Journal
@testable import Support

@Suite("A journal that cannot be used is left as it is")
struct JournalFaultTests {
    let fixture: JournalFixture

    init() throws { fixture = try JournalFixture() }

    @Test("one of a newer version is refused and not touched")
    func newer() throws {
        do {
            let journal = try fixture.open()
            try fixture.begin(journal, "op1")
            try journal.pretend(version: 99)
        }
        let before = FileManager.default.contents(atPath: fixture.file)
        for open in [{ try fixture.open() }, { try Journal(reading: fixture.file) }] {
            #expect {
                _ = try open()
            } throws: { error in
                guard case JournalError.newerSchema(99, Schema.migrations.count) = error else {
                    return false
                }
                return true
            }
        }
        #expect(FileManager.default.contents(atPath: fixture.file) == before)
    }

    @Test("a corrupt file is set aside and kept, and a new one is begun")
    func corrupt() throws {
        let damage = Array("this is not a database, whatever its name says".utf8)
        _ = try fixture.directory.write(
            "journal.db", damage + [UInt8](repeating: 0x55, count: 5_000))
        let journal = try fixture.open()
        let aside = try #require(journal.setAside)
        #expect(FileManager.default.contents(atPath: aside)?.starts(with: damage) == true)
        try fixture.begin(journal, "op1")
        #expect(try journal.operation("op1").state == .running)
        #expect(try fixture.open().setAside == nil)
    }

    @Test("reading a file that is no journal fails and makes nothing")
    func notAJournal() throws {
        #expect(throws: JournalError.self) { try Journal(reading: fixture.file) }
        #expect(!FileManager.default.fileExists(atPath: fixture.file))
        _ = try fixture.directory.write("journal.db", [])
        #expect(throws: JournalError.self) { try Journal(reading: fixture.file) }
    }

    @Test("a directory that cannot be made is an error that names it")
    func noDirectory() throws {
        let file = try fixture.directory.write("file", [1])
        for path in [file, file + "/below", "/proc/journal"] {
            #expect {
                _ = try Journal(directory: path, busyTimeout: 100)
            } throws: { error in
                guard case JournalError.file = error else { return false }
                return "\(error)".contains(path.hasPrefix("/proc") ? "/proc" : file)
            }
        }
    }

    @Test("a locked database is an error once the busy timeout is over, not earlier")
    func locked() throws {
        let one = try fixture.open()
        let other = try fixture.open(busyTimeout: 200)
        try one.database.run("BEGIN IMMEDIATE")
        let start = Clock.system.monotonic()
        #expect {
            try fixture.begin(other, "op1")
        } throws: { error in
            guard case JournalError.sqlite(5, _, _) = error else { return false }
            return true
        }
        let waited = Clock.system.monotonic() - start
        #expect(waited >= 150_000 && waited < 5_000_000)
        try one.database.run("COMMIT")
        try fixture.begin(other, "op1")
        #expect(try one.operation("op1").state == .running)
    }

    @Test("many writers at once lose nothing")
    func concurrency() throws {
        let writers = 8
        let each = 25
        let directory = fixture.directory.path
        DispatchQueue.concurrentPerform(iterations: writers) { writer in
            for index in 0..<each {
                let event = Event(kind: .intent, at: Int64(index), monotonic: 0)
                let id = "w\(writer)-\(index)"
                let intent = Intent(
                    id: id, method: "m", mutating: true, plan: nil,
                    subjects: [Subject(.vm, "vm-\(writer)")],
                    director: nil, request: nil, owner: nil)
                do {
                    let journal = try Journal(directory: directory, busyTimeout: 30_000)
                    try journal.begin(intent, event: event, durable: true)
                    try journal.record(
                        [Event(kind: .doing, step: "s", at: 0, monotonic: 0)], of: id,
                        durable: false)
                } catch {
                    Issue.record("writer \(writer): \(error)")
                }
            }
        }
        let journal = try fixture.open()
        #expect(try journal.operations(OperationFilter(limit: 1_000)).count == writers * each)
        #expect(try journal.operations(OperationFilter(about: "vm-3", limit: 1_000)).count == each)
        #expect(try journal.check() == [])
    }

    @Test("a file from which SQLite cannot read pages is found by check")
    func damagedPage() throws {
        do {
            let journal = try fixture.open()
            for index in 0..<200 {
                try fixture.begin(journal, "op\(index)", [Subject(.vm, "vm-\(index)")])
            }
            try journal.database.execute(script: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        var bytes = Array(try #require(FileManager.default.contents(atPath: fixture.file)))
        bytes.replaceSubrange(8_192..<12_288, with: [UInt8](repeating: 0x33, count: 4_096))
        _ = try fixture.directory.write("journal.db", bytes)
        let journal = try Journal(reading: fixture.file)
        var found: [String] = []
        do { found = try journal.check() } catch { found = ["\(error)"] }
        #expect(!found.isEmpty)
    }
}
