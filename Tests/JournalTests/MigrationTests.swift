import Foundation
import Testing

@testable import Journal
@testable import Support

/// `Fixtures/vNNN.sql` is a journal as it was under each schema: seven operations that are over, and a
/// detach_disk that was killed after it had begun to stop its VM.
@Suite("Journals of earlier schemas")
struct MigrationTests {
    private static let killed = "1m87dmv7v0grt6"
    private let fixture: JournalFixture

    init() throws { fixture = try JournalFixture() }

    private static func script(of version: Int) throws -> String {
        try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: String(format: "Fixtures/v%03d.sql", version)), encoding: .utf8)
    }

    /// Makes the journal file as the fixture says.
    private func make(_ version: Int) throws {
        try Data().write(to: URL(fileURLWithPath: fixture.file))
        let database = try Database(path: fixture.file)
        try database.execute(script: "PRAGMA journal_mode = WAL")
        try database.execute(script: try Self.script(of: version))
        #expect(try Schema.version(database) == version)
    }

    @Test("one is migrated when it is opened, and what was open still is", arguments: 1...3)
    func migrated(version: Int) throws {
        try make(version)
        let journal = try fixture.open()
        #expect(journal.setAside == nil)
        #expect(try Schema.version(journal.database) == Schema.migrations.count)
        #expect(try journal.check() == [])
        #expect(try journal.open().map(\.id) == [Self.killed])
        #expect(
            try journal.begunSteps(of: Self.killed).contains { $0.hasPrefix("stop container vm-") })
        #expect(try journal.operation(Self.killed).plan?.isEmpty == false)
        let end = fixture.event(.outcome, nil, #"{"state":"rolled-back"}"#)
        try journal.record([end], of: Self.killed, durable: true)
        #expect(try journal.open().isEmpty && journal.check() == [])
    }

    @Test("one can be read as it is, and stays so", arguments: 1...3)
    func read(version: Int) throws {
        try make(version)
        let journal = try Journal(reading: fixture.file)
        #expect(try journal.operation(Self.killed).state == .running)
        #expect(try journal.open().map(\.id) == [Self.killed])
        #expect(try Schema.version(journal.database) == version)
    }

    @Test("each schema has its fixture")
    func complete() throws {
        for version in 1...Schema.migrations.count {
            #expect(try Self.script(of: version).contains("user_version = \(version);"))
        }
    }
}
