import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// At each request that changes something somebody else acts; the call goes on or is killed
    /// there; then the world is settled, in ways that take turns. All of it is an hour of `make crash`, and
    /// `make test` has a part.
    @Suite("Custody: whoever acts at whatever moment", MatrixReport.custody)
    struct CustodyMatrixTests {
        @Test("Each act, in calls of a method or two", arguments: CustodyCase.sample)
        func sample(_ one: CustodyCase) throws {
            #expect(try one.run(), "the call has no such request")
        }

        /// CRASH_STRIDE and its kin are those of `CrashTests`.
        @Test(
            "Each act at each request, both ends of the call",
            .enabled(if: CrashCase.stride != nil && CustodyCase.only == nil),
            arguments: CustodyAct.usable, CustodyCase.methods)
        func matrix(_ act: CustodyAct, _ method: String) throws {
            let stride = try #require(CrashCase.stride)
            guard CustodyCase.isPossible(act, method), CrashCase.isWanted(method) else { return }
            // Another phase for each, so that a stride does not meet the same requests always.
            let row = "\(method)\(act)".utf8.reduce(0) { $0 + Int($1) }
            for index in 0... where (index + row + CrashCase.phase) % stride == 0 {
                let (number, isKilled) = (1 + index / 2, index % 2 == 1)
                let one = CustodyCase(
                    method: method, number: number, act: act, isKilled: isKilled,
                    way: CustodyCase.Way.allCases.turn(row + number + index % 2))
                guard CrashCase.hasTime, try one.run() else { return }
            }
        }

        @Test("The case of CUSTODY_CASE", .enabled(if: CustodyCase.only != nil))
        func only() throws {
            let one = try #require(CustodyCase(CustodyCase.only ?? ""), "there is no such case")
            #expect(try one.run(), "the call has no such request")
        }
    }
}

extension CustodyCase {
    /// Returns false when the call has fewer requests that change something.
    func run() throws -> Bool {
        let rig = isLive ? try Rig.live() : try Rig()
        defer { rig.tearDown() }
        let run = try CustodyRun(self, rig)
        var problems: [String] = []
        var isMet = true
        do {
            isMet = try run.carryOut()
        } catch {
            problems.append("\(error)")
        }
        problems = run.problems + problems
        if isMet {
            MatrixReport.custody.add(
                ["\(act)", name], at: "\(name):\(number)", needsPerson: run.needsPerson,
                failed: !problems.isEmpty)
        }
        guard !problems.isEmpty else { return isMet }
        Issue.record(
            """
            \(problems.joined(separator: "\n"))
            CUSTODY_CASE=\(testDescription) make crash
            first answer: \(run.first?.stdout ?? "none")\(run.first?.stderr ?? "")
            """)
        return isMet
    }
}
