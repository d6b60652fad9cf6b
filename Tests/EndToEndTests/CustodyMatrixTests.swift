import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// At each request that changes something somebody else acts; the call goes on or is killed
    /// there; then the world is settled in each way. All of it is hours of `make crash`, and
    /// `make test` has a part.
    @Suite("Custody: whoever acts at whatever moment", MatrixReport.custody)
    struct CustodyMatrixTests {
        @Test("Each act, in calls of a method or two", arguments: CustodyCase.sample)
        func sample(_ one: CustodyCase) throws {
            #expect(try one.run(), "the call has no such request")
        }

        /// CRASH_STRIDE=n makes it each n-th case.
        @Test(
            "Each act at each request, both ends of the call, each way to settle it",
            .enabled(if: CrashCase.stride != nil && CustodyCase.only == nil),
            arguments: CustodyAct.usable, CustodyCase.methods)
        func matrix(_ act: CustodyAct, _ method: String) throws {
            let stride = try #require(CrashCase.stride)
            guard CustodyCase.isPossible(act, method), CrashCase.isWanted(method) else { return }
            // Up to the act all calls of a method are the same: the first that is too short tells.
            var end = 50
            for isKilled in [false, true] {
                for way in CustodyCase.Way.allCases {
                    // A phase of its own, or a stride would always meet the same requests.
                    let row = "\(method)\(act)\(way)\(isKilled)".utf8.reduce(0) { $0 + Int($1) }
                    for number in 1..<end
                    where (number + row + CrashCase.phase) % stride == 0 && CrashCase.hasTime {
                        let one = CustodyCase(
                            method: method, number: number, act: act, isKilled: isKilled, way: way)
                        guard try one.run() else {
                            end = number
                            break
                        }
                    }
                }
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
