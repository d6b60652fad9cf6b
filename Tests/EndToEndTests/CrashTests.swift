import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Every request of a call that changes something meets every fault, the others meet one, and the world is then
    /// settled (`CrashCourse`): an hour of `make crash`. `make test` meets each that changes
    /// something with one fault.
    @Suite("Killed anywhere, nothing is lost", MatrixReport.crash)
    struct CrashTests {
        @Test(
            "At each request that changes something, one fault", .tags(.long),
            arguments: CrashScenario.all)
        func sample(_ scenario: CrashScenario) throws {
            let offset = CrashScenario.all.firstIndex { $0.name == scenario.name } ?? 0
            for number in 1... {
                let fault = WireProxy.Fault.all[number % WireProxy.Fault.all.count]
                let ways = scenario.ways(of: fault)
                let crash = CrashCase(
                    scenario: scenario, point: .effect(number), fault: fault,
                    way: ways[(number + offset) % ways.count])
                guard try crash.run() else { break }
            }
        }

        /// A test for each row of the table that it prints. CRASH_STRIDE=n makes it each n-th case,
        /// CRASH_PHASE=m others of them: with m from 0 to n - 1 every case is met, and from there on once more
        /// with another way to settle it. After CRASH_SECONDS=s it ends with what was met by then.
        @Test(
            "At each change every fault, at each look one",
            .enabled(if: CrashCase.stride != nil && CrashCase.only == nil),
            arguments: CrashScenario.all, CrashCase.Way.allCases)
        func matrix(_ scenario: CrashScenario, _ way: CrashCase.Way) throws {
            let stride = try #require(CrashCase.stride)
            guard CrashCase.isWanted(scenario.name), CrashCase.hasTime else { return }
            let course = try CrashCourse.of(scenario)
            for fault in WireProxy.Fault.all where scenario.ways(of: fault).contains(way) {
                // Another phase for each, so that a stride does not meet the same requests always.
                let row = "\(scenario.name)\(fault)\(way)".utf8.reduce(0) { $0 + Int($1) }
                let points = course.points(fault, way, scenario)
                MatrixReport.crash.expect([scenario.name, way.rawValue], points.count)
                for (index, point) in points.enumerated()
                where (index + row + CrashCase.phase) % stride == 0 {
                    guard CrashCase.hasTime else { return }
                    let crash = CrashCase(scenario: scenario, point: point, fault: fault, way: way)
                    _ = try crash.run()
                }
            }
        }

        @Test("The case of CRASH_CASE", .enabled(if: CrashCase.only != nil))
        func only() throws {
            let crash = try #require(CrashCase(CrashCase.only ?? ""), "there is no such case")
            #expect(try crash.run(), "the call has no such request")
        }
    }
}

/// One call that meets one fault, and is then set right in one way.
struct CrashCase: CustomStringConvertible {
    enum Point {
        /// The n-th request, and the n-th of those that change something in Docker.
        case request(Int), effect(Int)
    }

    enum Way: String, CaseIterable, Sendable {
        case nextCall, recover, noJournal
        /// `cpi-admin recover` is killed as well, and run again.
        case recoverKilled
        /// The operator's choice.
        case back, forward
    }

    let scenario: CrashScenario
    let point: Point
    let fault: WireProxy.Fault
    let way: Way

    var description: String {
        let place =
            switch point {
            case .request(let number): "\(number)"
            case .effect(let number): "effect-\(number)"
            }
        return "\(scenario.name):\(place):\(fault.rawValue):\(way.rawValue)"
    }

    /// Returns false when the call passed without meeting the fault: it has no request so far.
    func run() throws -> Bool {
        let rig = scenario.isLive ? try Rig.live() : try Rig()
        defer { rig.tearDown() }
        let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
        defer { proxy.stop() }
        proxy.countsExecs = scenario.isLive
        var run = CrashRun(crash: self, rig: rig, proxy: proxy, world: CrashWorld(rig))
        do {
            try run.carryOut()
        } catch {
            run.problems.append("\(error)")
        }
        // A run that did not meet its fault is no case, unless something was wrong with it.
        if run.struck || !run.problems.isEmpty {
            MatrixReport.crash.add(
                [scenario.name, way.rawValue], at: "\(scenario.name):\(point)",
                failed: !run.problems.isEmpty)
        }
        guard !run.problems.isEmpty else { return run.struck }
        Issue.record(
            """
            \(run.problems.joined(separator: "\n"))
            CRASH_CASE=\(self) make crash
            first answer: \(run.first?.stdout ?? "none")\(run.first?.stderr ?? "")
            """)
        return run.struck
    }
}

extension CrashScenario {
    /// After a fault that leaves the process alive the operation has its outcome: nothing is open.
    func ways(of fault: WireProxy.Fault) -> [CrashCase.Way] {
        let hasChoice = ["attach_disk", "detach_disk"].contains(method)
        return [.nextCall, .recover, .noJournal] + (fault.isKill ? [.recoverKilled] : [])
            + (fault.isKill && hasChoice ? [.back, .forward] : [])
    }
}

extension CrashCase {
    private static let environment = ProcessInfo.processInfo.environment
    static let stride = environment["CRASH_STRIDE"].flatMap { Int($0) }.map { max(1, $0) }
    /// Which of the cases a stride takes: any whole number, the day of the year for one.
    static let phase = environment["CRASH_PHASE"].flatMap { Int($0) }.map { max(0, $0) } ?? 0
    /// No case is begun later than CRASH_SECONDS after the first one.
    static var hasTime: Bool { deadline.map { Date() < $0 } ?? true }
    private static let deadline = environment["CRASH_SECONDS"].flatMap { Double($0) }.map {
        Date(timeIntervalSinceNow: $0)
    }
    static let only = environment["CRASH_CASE"]
    /// Without CRASH_METHOD all are wanted.
    static func isWanted(_ method: String) -> Bool {
        environment["CRASH_METHOD"].map { method.hasPrefix($0) } ?? true
    }

    /// The reverse of `description`.
    init?(_ text: String) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 4,
            let scenario = CrashScenario.all.first(where: { $0.name == parts[0] }),
            let number = Int(parts[1].replacing("effect-", with: "")),
            let fault = WireProxy.Fault(rawValue: parts[2]), let way = Way(rawValue: parts[3])
        else { return nil }
        let point = parts[1].hasPrefix("e") ? Point.effect(number) : .request(number)
        self.init(scenario: scenario, point: point, fault: fault, way: way)
    }
}
