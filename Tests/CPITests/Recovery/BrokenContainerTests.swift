import Engine
import Testing

@testable import CPI
@testable import Support

/// Docker answers 500 for a container whose files it has lost, for as long as the container is there.
@Suite(
    "One container that Docker cannot describe does not silence what there is to say of the others")
struct BrokenContainerTests {
    let scene: Scene
    let broken: String
    let sound: String

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        broken = scene.vm
        sound = try #require(
            try scene.create(agent: "b", networks: ["a": Scene.network("net-a", "10.1.0.9")])
                .array?.first?.string)
        try Engine(address: "fake", timeout: 60, transport: scene.docker.transport)
            .stopContainer(sound, seconds: 0)
        let id = try #require(scene.docker.state.container(broken)?.id)
        scene.docker.onRequest = { [broken] _, request in
            let names = ["/containers/\(broken)/json", "/containers/\(id)/json"]
            return names.contains { request.path.hasSuffix($0) }
                ? .status(500, "RWLayer of container is unexpectedly nil") : nil
        }
    }

    @Test("doctor names it, and the other VM that is stopped")
    func doctor() throws {
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let findings = try recovery.inspection.diagnose()
        let failed = findings.filter { $0.level == .fail }
        #expect(failed.map(\.what) == ["vm \(broken)"])
        #expect(failed.first?.words.contains("RWLayer") == true)
        #expect(findings.contains { $0.what == "vm \(sound)" && $0.level == .warn })
        #expect(try recovery.inspection.readiness().map(\.vm) == [sound])
        #expect(scene.runner.log.text.contains("container \(broken) is left out"))
    }

    @Test("recovery without a journal, and the list of orphans, go on")
    func recovery() throws {
        let recovery = try scene.runner.operatorRecovery(journal: false)
        #expect(try recovery.casesFromDocker(olderThan: 0).cases.isEmpty)
        #expect(try recovery.orphans().allSatisfy { $0.name != broken })
    }
}
