import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

/// Every method with effects is killed at every boundary: before and after each of its requests, and
/// before each of its commits to the journal (after one is before what comes next), but once only where
/// nothing has changed since the last one. Then the world is set right in each of the ways there are, and what
/// must hold is looked at.
@Suite("A call that is killed anywhere can be resumed or rolled back")
struct CrashTests {
    init() { Backtraces.off }

    enum Way: String, CaseIterable {
        /// The director makes the same call again.
        case nextCall
        /// `cpi-admin recover`, and then the same call.
        case recovery
        /// `cpi-admin recover` is killed as well, at one of its own boundaries, and run again.
        case recoveryKilled
        /// `cpi-admin recover --back` and `--forward`, where there is a choice.
        case back, forward
        /// The same call, and the journal is gone.
        case withoutJournal
    }

    @Test("each method of the table has a scenario")
    func coverage() {
        let methods = Set(Methods.mutations.map { $0.name })
        #expect(methods == Set(CrashScenario.all.map(\.method)))
    }

    @Test("killed at a boundary, then set right", arguments: CrashTests.wanted)
    func killed(_ scenario: CrashScenario) throws {
        let start = try scenario.prepare()
        let (points, whole) = try undisturbed(scenario, start)
        var cases = 0
        var found: [Way: [String: [String]]] = [:]
        for (index, point) in points.enumerated() where CrashTests.isWanted(scenario, point) {
            let killed = try start.copy()
            let isKilled = try killed.kill(point) {
                try $0.runner.call(scenario.method, scenario.arguments($0))
            }
            #expect(isKilled, "\(scenario): nothing happens \(point)")
            for problem in try wrongAnswers(scenario, try killed.copy(), start, whole) {
                Issue.record("CRASH_POINT='\(scenario): \(point)': \(problem)")
            }
            for way in Way.allCases where scenario.hasChoice || ![.back, .forward].contains(way) {
                cases += 1
                let scene = try killed.copy()
                var problems = try settle(way, index, scene)
                if scenario.hasChoice {
                    problems += try wrongWay(way, scene, from: start, to: whole, killed: killed)
                }
                for problem in problems + (try repeated(scenario, way, scene)) {
                    found[way, default: [:]][anonymous(problem), default: []].append("\(point)")
                }
            }
        }
        print("crash: \(scenario): \(points.count) points, \(cases) cases, \(found.count) failed")
        for (way, problems) in found {
            let texts = problems.map { "\($0) (killed \($1.joined(separator: ", ")))" }.sorted()
            let first = problems.values.first?.first ?? ""
            Issue.record(
                """
                \(scenario), then \(way):
                \(texts.joined(separator: "\n"))
                CRASH_POINT='\(scenario): \(first)' swift test --filter CPITests.CrashTests/killed
                """)
        }
    }

    /// CRASH_POINT is one scenario and one moment, or a part of scenarios' names; without it all are
    /// wanted.
    private static func isWanted(_ scenario: CrashScenario, _ moment: Scene.Moment) -> Bool {
        guard let only = ProcessInfo.processInfo.environment["CRASH_POINT"] else { return true }
        return only == "\(scenario): \(moment)" || "\(scenario)".contains(only)
    }

    /// Those that CRASH_POINT leaves.
    fileprivate static let wanted = CrashScenario.all.filter { scenario in
        guard let only = ProcessInfo.processInfo.environment["CRASH_POINT"] else { return true }
        return only.hasPrefix("\(scenario): ") || "\(scenario)".contains(only)
    }

    @Test(
        "what Docker carries out after the call has given it up and gone back is put in order",
        arguments: CrashTests.wanted)
    func late(_ scenario: CrashScenario) throws {
        let start = try scenario.prepare()
        let whole = try start.copy()
        _ = try whole.runner.call(scenario.method, scenario.arguments(whole))
        let requests = whole.docker.requests
        for n in 1...requests.count where !requests[n - 1].hasPrefix("GET") {
            let scene = try start.copy()
            scene.docker.onRequest = { count, _ in count == n ? .late : nil }
            let answer = Result {
                try scene.runner.call(scenario.method, scenario.arguments(scene))
            }
            scene.docker.revive()
            try scene.docker.catchUp()
            // A VM that a late request has stopped is for the director to start.
            if start.container?.isRunning == true, scene.container?.isRunning == false {
                _ = try? scene.runner.call("reboot_vm", [.string(scene.vm)])
            }
            try scene.runner.recover()
            var problems = try repeated(scenario, .nextCall, scene)
            let makes = scenario.method.hasPrefix("create") || scenario.method == "snapshot_disk"
            if makes, !problems.isEmpty {
                // Made after it was given up: nobody asked for it again, and `orphans` names it.
                let named = try scene.runner.orphans().map(\.name)
                problems.removeAll { problem in named.contains { problem.contains($0) } }
            }
            // Known: nothing tells of a policy that was taken away so late.
            problems.removeAll { $0 == "the restart policy is no" }
            for problem in problems {
                Issue.record("\(scenario), request \(n) late, \(answer): \(problem)")
            }
        }
    }

    /// The boundaries of the call, found by making it undisturbed, and the world after it.
    private func undisturbed(_ scenario: CrashScenario, _ start: Scene) throws -> (
        [Scene.Moment], Scene
    ) {
        let whole = try start.copy()
        whole.runner.delivers = false
        let moments = try whole.moments {
            _ = try $0.runner.call(scenario.method, scenario.arguments($0))
        }
        #expect(scenario.check(whole) == [] && whole.docker.settledInvariants() == [])
        return (moments, whole)
    }

    /// Before anything is settled has_vm and get_disks must be right already: as before the call, or
    /// as after it.
    private func wrongAnswers(
        _ scenario: CrashScenario, _ scene: Scene, _ start: Scene, _ whole: Scene
    ) throws -> [String] {
        guard !scene.vm.isEmpty, scenario.method != "delete_vm" else { return [] }
        let vm: [JSON] = [.string(scene.vm)]
        let hasVM = try scene.runner.call("has_vm", vm)
        let disks = try scene.runner.call("get_disks", vm)
        let right = try [start, whole].map { try $0.copy().runner.call("get_disks", vm) }
        return (hasVM == true ? [] : ["has_vm says \(hasVM)"])
            + (right.contains(disks) ? [] : ["get_disks says \(disks)"])
    }

    /// Without what is different in each run, so that the same problem is told once.
    private func anonymous(_ problem: String) -> String {
        problem.replacing(/[0-9a-f]{8}-[0-9a-f-]{27}/, with: "…").replacing(
            /\b[0-9a-hjkmnp-tv-z]{14}\b/, with: "OP")
    }

    @Test(
        "killed after its outcome, before its answer: the same call is no harm",
        arguments: CrashTests.wanted)
    func unanswered(_ scenario: CrashScenario) throws {
        let scene = try scenario.prepare()
        scene.runner.delivers = false
        _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
        scene.runner.delivers = true
        do {
            _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
        } catch let failure as CallFailure {
            // Gone already, or its address is held by the first one: a plain answer either way.
            #expect(failure.type.contains("NotFound") || scenario.mayBeParked, "\(failure)")
        }
        #expect(scenario.check(scene) == [])
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("recovery is killed as well, at each boundary", arguments: CrashScenario.withRecovery)
    func recoveryKilled(_ scenario: CrashScenario) throws {
        let start = try scenario.prepare()
        let (points, _) = try undisturbed(scenario, start)
        for index in stride(from: 2, to: points.count, by: 3) {
            let killed = try start.copy()
            try killed.kill(points[index]) {
                try $0.runner.call(scenario.method, scenario.arguments($0))
            }
            for moment in try killed.copy().moments({ try $0.runner.recover() }) {
                let scene = try killed.copy()
                let isKilled = try scene.kill(moment) { try $0.runner.recover() }
                #expect(isKilled, "\(scenario): recovery has nothing \(moment)")
                try scene.runner.recover()
                let lost = scene.vm.isEmpty ? [] : CrashScenario.whole(scene)
                for problem in scene.docker.settledInvariants() + lost {
                    Issue.record(
                        "\(scenario), killed \(points[index]), recovery killed \(moment): \(problem)"
                    )
                }
            }
        }
    }
}
