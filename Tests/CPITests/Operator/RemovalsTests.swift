import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("Recovery says what it is going to remove")
struct RemovalsTests {
    /// What there is in Docker, by what does not change when it is renamed: "container NAME" and its kin.
    private func objects(_ docker: FakeDocker) -> [String: String] {
        var found: [String: String] = [:]
        for one in docker.state.containers {
            found["container \(one.id)"] = "container \(one.name)"
        }
        for name in docker.state.volumeNames { found["volume \(name)"] = "volume \(name)" }
        for tag in docker.state.imageTags { found["image \(tag)"] = "image \(tag)" }
        for one in docker.state.networks { found["network \(one.name)"] = "network \(one.name)" }
        return found
    }

    /// The thing that a line is about: "container NAME".
    private func thing(_ line: String) -> String {
        line.split(whereSeparator: { " ,".contains($0) }).prefix(2).joined(separator: " ")
    }

    @Test(
        "whatever goes was said, and whatever was said goes, wherever the call was killed",
        arguments: CrashScenario.all)
    func truth(_ scenario: CrashScenario) throws {
        let start = try scenario.prepare()
        var number = 1
        while number < 200 {
            let scene = try start.copy()
            let wasKilled = try scene.kill(.before(number)) {
                try $0.runner.call(scenario.method, scenario.arguments($0))
            }
            guard wasKilled else { break }
            try check(scene, "\(scenario), request \(number)")
            number += 1
        }
        #expect(number > 1, "it was never killed")
    }

    private func check(_ scene: Scene, _ title: String) throws {
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for one in try recovery.cases(nil) {
            let said = try recovery.explain(one).removals
            let before = objects(scene.docker)
            _ = try recovery.settle(one)
            let after = objects(scene.docker)
            let gone = Set(before.filter { after[$0.key] == nil }.values)
            let missing = gone.subtracting(said.map(thing))
            #expect(missing.isEmpty, "\(title): \(missing) went, and was not in \(said)")
            let sure = said.filter { !$0.contains(", if ") }.map(thing)
            let left = Set(sure).subtracting(gone)
            #expect(left.isEmpty, "\(title): \(left) was to go, and has not: \(said)")
        }
    }
}
