import Foundation
import Testing

/// Counts the cases of a matrix, says on stderr how far it is where it takes hours, and prints a table when the
/// last one is over.
struct MatrixReport: SuiteTrait, TestScoping {
    private struct Row {
        var points: Set<String> = []
        var cases = 0
        /// How many there are, as far as that was found out: a run may be of a part.
        var possible = 0
        var persons = 0
        var failures = 0

        mutating func count(_ point: String, needsPerson: Bool, failed: Bool) {
            points.insert(point)
            cases += 1
            persons += needsPerson ? 1 : 0
            failures += failed ? 1 : 0
        }
    }
    private static let lock = NSLock()
    nonisolated(unsafe) private static var all: [String: Row] = [:]
    nonisolated(unsafe) private static var rows: [String: [[String]: Row]] = [:]

    let matrix: String
    /// What the cases are counted by.
    let columns: [String]

    static let crash = MatrixReport(matrix: "crash", columns: ["METHOD", "SETTLED BY"])
    static let custody = MatrixReport(matrix: "custody", columns: ["ACT", "METHOD"])

    /// `key`: what `columns` name.
    func add(_ key: [String], at point: String, needsPerson: Bool = false, failed: Bool) {
        MatrixReport.lock.withLock {
            MatrixReport.rows[matrix, default: [:]][key, default: Row()]
                .count(point, needsPerson: needsPerson, failed: failed)
            MatrixReport.all[matrix, default: Row()]
                .count(point, needsPerson: needsPerson, failed: failed)
            let total = MatrixReport.all[matrix] ?? Row()
            guard CrashCase.stride != nil, total.cases.isMultiple(of: 20) else { return }
            let line = "\(matrix): \(total.cases) cases so far, \(total.failures) failed\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }

    /// That there are so many cases, of which some or all will be run.
    func expect(_ key: [String], _ cases: Int) {
        MatrixReport.lock.withLock {
            MatrixReport.rows[matrix, default: [:]][key, default: Row()].possible += cases
            MatrixReport.all[matrix, default: Row()].possible += cases
        }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        try await body()
        print(MatrixReport.lock.withLock { table })
    }

    private var table: String {
        func line(_ key: [String], _ counts: [Any]) -> String {
            let texts = zip(key + counts.map { "\($0)" }, [22, 15, 8, 14, 8, 0])
            let padded = texts.map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }
            return "\(matrix)  " + padded.joined()
        }
        func line(_ key: [String], of row: Row) -> String {
            let cases = row.possible > 0 ? "\(row.cases) of \(row.possible)" : "\(row.cases)"
            return line(key, [row.points.count, cases, row.persons, row.failures])
        }
        let rows = MatrixReport.rows[matrix] ?? [:]
        let lines = rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { line($0.key, of: $0.value) }
        let head = line(columns, ["POINTS", "CASES", "PERSON", "FAILURES"])
        let total = line(["all", ""], of: MatrixReport.all[matrix] ?? Row())
        return ([head] + lines + [total]).joined(separator: "\n")
    }
}
