import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

/// Every method with effects is killed before and after each of its requests. Then the world is set
/// right in each of the ways there are, and what must hold is looked at.
@Suite("A call that is killed anywhere can be resumed or rolled back")
struct CrashTests {
    enum Kind: String, CaseIterable { case before, after }
    enum Way: String, CaseIterable {
        /// The director makes the same call again.
        case nextCall
        /// `cpi-admin recover`, and then the same call.
        case recovery
        /// The same call, and the journal is gone.
        case withoutJournal
    }

    @Test("each method of the table has a scenario")
    func coverage() {
        let methods = Set(Methods.mutations.map { $0.name })
        #expect(methods == Set(CrashScenario.all.map(\.method)))
    }

    @Test("killed at a request, then set right", arguments: CrashScenario.all)
    func killed(_ scenario: CrashScenario) throws {
        let start = try scenario.prepare()
        let whole = try start.copy()
        _ = try whole.runner.call(scenario.method, scenario.arguments(whole))
        #expect(scenario.check(whole) == [] && whole.docker.settledInvariants() == [])
        var found: [Way: [String: [String]]] = [:]
        for n in 1...whole.docker.count {
            for kind in Kind.allCases {
                let killed = try start.copy()
                try kill(killed, kind, at: n) {
                    try $0.runner.call(scenario.method, scenario.arguments($0))
                }
                for way in Way.allCases {
                    for problem in try problems(scenario, way, try killed.copy()) {
                        found[way, default: [:]][anonymous(problem), default: []].append(
                            "\(kind) \(n)")
                    }
                }
            }
        }
        for (way, problems) in found {
            let texts = problems.map { "\($0) (killed \($1.joined(separator: ", ")))" }.sorted()
            Issue.record("\(scenario), then \(way):\n\(texts.joined(separator: "\n"))")
        }
    }

    /// Without what is different in each run, so that the same problem is told once.
    private func anonymous(_ problem: String) -> String {
        problem.replacing(/[0-9a-f]{8}-[0-9a-f-]{27}/, with: "…").replacing(
            /\b[0-9a-hjkmnp-tv-z]{14}\b/, with: "OP")
    }

    @Test(
        "killed after its outcome, before its answer: the same call is no harm",
        arguments: CrashScenario.all)
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

    @Test(
        "recovery is killed as well, at each of its requests", arguments: CrashScenario.withRecovery
    )
    func recoveryKilled(_ scenario: CrashScenario) throws {
        let start = try scenario.prepare()
        let whole = try start.copy()
        _ = try whole.runner.call(scenario.method, scenario.arguments(whole))
        for n in stride(from: 5, through: whole.docker.count, by: 4) {
            let killed = try start.copy()
            try kill(killed, .after, at: n) {
                try $0.runner.call(scenario.method, scenario.arguments($0))
            }
            for m in 1... {
                let scene = try killed.copy()
                let isKilled = try kill(scene, .after, at: m) { try $0.runner.recover() }
                try scene.runner.recover()
                let lost = scene.vm.isEmpty ? [] : CrashScenario.whole(scene)
                for problem in scene.docker.settledInvariants() + lost {
                    Issue.record(
                        "\(scenario), killed after \(n), recovery killed after \(m): \(problem)")
                }
                guard isKilled else { break }
            }
        }
    }

    /// Sets a killed world right in one way; what is wrong then, in words.
    private func problems(_ scenario: CrashScenario, _ way: Way, _ scene: Scene) throws -> [String]
    {
        var problems = scene.docker.invariants()
        switch way {
        case .nextCall: break
        case .recovery:
            try scene.runner.recover()
            problems += scene.docker.settledInvariants().map { "after recovery: \($0)" }
            problems += try scene.runner.journal().open().filter { $0.state == .running }
                .map { "after recovery: operation \($0.id) is open" }
        case .withoutJournal: try removeJournal(scene)
        }
        problems += repeated(scenario, scene)
        if way == .withoutJournal {
            // A lone ephemeral volume may be all that is left of a VM that somebody removed: without
            // a journal no code removes it, and `orphans` must name it.
            let named = try scene.runner.orphans().map(\.name)
            problems.removeAll { problem in
                named.contains { problem == "volume \($0) belongs to no VM" }
            }
        }
        if way != .withoutJournal { problems += try scene.runner.journal().check() }
        return problems
    }

    /// The same call once more, which is to succeed and leave nothing of the first one.
    private func repeated(_ scenario: CrashScenario, _ scene: Scene) -> [String] {
        do {
            _ = try scene.runner.call(scenario.method, scenario.arguments(scene))
        } catch let failure as CallFailure {
            // What was to go is gone, or what was made holds the address: that is said so.
            let isGone = failure.type.contains("NotFound")
            let isMade = scenario.mayBeParked && failure.message.contains(/held by vm-[0-9a-f-]+\)/)
            guard isGone || isMade else { return ["the next call failed: \(failure)"] }
        } catch {
            return ["the next call failed: \(error)"]
        }
        let leftovers = scene.docker.settledInvariants()
            // No call is about a stemcell that nobody knows: `recover` alone removes it.
            .filter { !(scenario.method == "create_stemcell" && $0.hasPrefix("image")) }
        return scenario.check(scene) + leftovers
    }

    /// Runs a call that dies at a request. Whatever the process goes on to do in this test, Docker
    /// does not see it, and the journal gets back the files of that moment.
    @discardableResult
    private func kill(
        _ scene: Scene, _ kind: Kind, at n: Int, _ call: (Scene) throws -> Any
    ) throws -> Bool {
        let directory = scene.runner.directory.path
        var snapshot: TemporaryDirectory?
        scene.docker.revive()
        scene.docker.onRequest = { count, _ in
            count == n ? (kind == .before ? .kill : .killAfter) : nil
        }
        scene.docker.onKill = { snapshot = try? TemporaryDirectory.copy(of: directory) }
        scene.runner.delivers = false
        _ = try? call(scene)
        scene.runner.delivers = true
        scene.docker.revive()
        guard let snapshot else { return false }
        try replace(directory, with: snapshot.path)
        return true
    }

    private func replace(_ directory: String, with copy: String) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: directory) {
            try files.removeItem(atPath: directory + "/" + name)
        }
        for name in try files.contentsOfDirectory(atPath: copy) where name != "journal.db-shm" {
            try files.copyItem(atPath: copy + "/" + name, toPath: directory + "/" + name)
        }
    }

    private func removeJournal(_ scene: Scene) throws {
        let directory = scene.runner.directory.path
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix("journal") || name == "locks" {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }
}
