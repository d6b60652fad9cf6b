import CSQLite
import Glibc

/// One SQLite connection. The only file that calls SQLite.
final class Database {
    private var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]

    /// Opens an existing file for reading and, unless `readOnly`, writing; never creates one.
    /// Throws for what is no file: opening a FIFO would wait for ever.
    init(path: String, readOnly: Bool = false) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw JournalError.sqlite(code: SQLITE_CANTOPEN, message: "not a file", sql: nil)
        }
        let flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let error = failure(code, nil)
            // "resources associated with the handle should be released by passing it to
            // sqlite3_close() when it is no longer required", also after a failed open.
            sqlite3_close_v2(handle)
            handle = nil
            throw error
        }
        csqlite_keep_wal_on_close(handle)
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    func setBusyTimeout(milliseconds: Int32) {
        sqlite3_busy_timeout(handle, milliseconds)
    }

    /// Whether the file's first bytes are not those of any database. Then SQLite may still read all of it
    /// in the WAL, or only the first page, and meet the damage at some later statement.
    ///
    /// Read through SQLite's own descriptor: a process that closes another one of the same file loses
    /// SQLite's locks on it (https://sqlite.org/howtocorrupt.html, 2.2).
    var hasLostHeader: Bool {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard
            sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK,
            let file, let read = file.pointee.pMethods?.pointee.xRead
        else { return false }
        let magic = Array("SQLite format 3\0".utf8)
        var bytes = [UInt8](repeating: 0, count: magic.count)
        // An empty file gives a short read: it is a new one.
        return read(file, &bytes, Int32(bytes.count), 0) == SQLITE_OK && bytes != magic
    }

    /// Runs a script of several statements without results, such as a migration.
    func execute(script: String) throws {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, script) }
    }

    /// Runs one statement to its end, calling `row` for each row of its result.
    func run(_ sql: String, _ values: [Value] = [], row: (Row) throws -> Void = { _ in }) throws {
        let statement = try prepare(sql)
        defer { statement.reset() }
        for (index, value) in values.enumerated() {
            let code = statement.bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw failure(code, sql) }
        }
        while true {
            let code = sqlite3_step(statement.handle)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code, sql) }
            try row(Row(statement: statement.handle))
        }
    }

    var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// `BEGIN IMMEDIATE`, so that a busy database is met at the start and not half way.
    func transaction<T>(_ body: () throws -> T) throws -> T {
        try run("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            try? run("ROLLBACK")  // the first error is the one that counts
            throw error
        }
    }

    private func prepare(_ sql: String) throws -> Statement {
        if let known = statements[sql] { return known }
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v2(self.handle, sql, -1, &handle, nil)
        guard code == SQLITE_OK, let handle else { throw failure(code, sql) }
        let statement = Statement(handle)
        statements[sql] = statement
        return statement
    }

    private func failure(_ code: Int32, _ sql: String?) -> JournalError {
        let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
        return .sqlite(code: code & 0xff, message: message, sql: sql)
    }
}

/// What can be bound to a parameter.
enum Value {
    case integer(Int64), text(String), null

    init(_ text: String?) { self = text.map(Value.text) ?? .null }
    init(_ integer: Int64?) { self = integer.map(Value.integer) ?? .null }
}

/// The current row of a result; columns count from 0.
struct Row {
    fileprivate let statement: OpaquePointer

    fileprivate init(statement: OpaquePointer) { self.statement = statement }

    func text(_ column: Int32) -> String? {
        sqlite3_column_text(statement, column).map { String(cString: $0) }
    }
    /// A damaged file may hold any number: what is taken of it can be subtracted and multiplied by a thousand.
    func integer(_ column: Int32) -> Int64? {
        guard sqlite3_column_type(statement, column) != SQLITE_NULL else { return nil }
        let limit = Journal.latestTime * 1_000
        return min(max(sqlite3_column_int64(statement, column), -limit), limit)
    }

    /// A Unix time in milliseconds.
    func time(_ column: Int32) -> Int64? {
        integer(column).map { min(max($0, 0), Journal.latestTime) }
    }
}

/// A prepared statement that goes with its last user.
private final class Statement {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { sqlite3_finalize(handle) }

    func bind(_ value: Value, at index: Int32) -> Int32 {
        switch value {
        case .integer(let number): sqlite3_bind_int64(handle, index, number)
        case .text(let text): csqlite_bind_text(handle, index, text, -1)
        case .null: sqlite3_bind_null(handle, index)
        }
    }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }
}
