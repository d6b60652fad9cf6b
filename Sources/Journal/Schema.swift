/// The migrations, embedded in the binary from `migrations/`, and the version a file is at.
enum Schema {
    static let migrations: [[UInt8]] = [
        PackageResources.v001_journal_sql, PackageResources.v002_retention_sql,
        PackageResources.v003_lists_sql,
    ]

    static func version(_ database: Database) throws -> Int {
        var version = 0
        try database.run("PRAGMA user_version") { version = Int($0.integer(0) ?? 0) }
        return version
    }

    /// Brings the file to the newest version. Each migration commits together with its number.
    static func migrate(_ database: Database) throws {
        let found = try version(database)
        guard (0...migrations.count).contains(found) else {
            throw JournalError.newerSchema(found: found, known: migrations.count)
        }
        guard found < migrations.count else { return }
        if found == 0 { try database.execute(script: "PRAGMA journal_mode = WAL") }
        for number in (found + 1)...migrations.count {
            try database.transaction {
                // Another process may have been here while this one waited for the lock.
                guard try version(database) < number else { return }
                try database.execute(
                    script: String(decoding: migrations[number - 1], as: UTF8.self))
                try database.execute(script: "PRAGMA user_version = \(number)")
            }
        }
    }
}
