import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A light stemcell that is not finished leaves nothing")
struct LightStemcellFailureTests {
    let scene: Scene

    init() throws { scene = try LightStemcellTests.scene() }

    @Test("each failed request leaves nothing behind")
    func cleanup() throws {
        try scene.expectNoStemcellLeft {
            try $0.runner.call("create_stemcell", LightStemcellTests.arguments($0))
        }
    }

    @Test(
        "a registry that answers nonsense, or keeps Docker waiting, is named with the image",
        arguments: ["nonsense", "silence"])
    func registry(what: String) throws {
        scene.docker.onRequest = { _, request in
            guard request.path.contains("/distribution/") else { return nil }
            return what == "silence"
                ? .lostReply : .status(500, "invalid character 'x' looking for beginning of value")
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_stemcell", LightStemcellTests.arguments(scene))
        }
        let message = failure?.message ?? ""
        #expect(message.contains("image \(LightStemcellTests.reference)"), "\(message)")
        #expect(message.contains("registry registry.example:5000"), "\(message)")
    }

    @Test(
        "killed once there is a container, and the journal is lost: Docker alone tells what to remove",
        arguments: ["create", "commit", "remove"], [false, true])
    func withoutJournal(step: String, isAfter: Bool) throws {
        let paths = ["create": "/containers/create", "commit": "/commit", "remove": "/containers/"]
        let path = paths[step] ?? ""
        let method = step == "remove" ? "DELETE" : "POST"
        scene.docker.onRequest = { _, request in
            request.method == method && request.path.contains(path)
                ? (isAfter ? .killAfter : .kill) : nil
        }
        _ = try? scene.runner.call("create_stemcell", LightStemcellTests.arguments(scene))
        scene.docker.revive()
        let isTraceless = step == (isAfter ? "remove" : "create")
        try scene.runner.loseJournal()
        scene.runner.time.sleep(601)
        let recovery = try scene.runner.operatorRecovery(journal: false)
        for one in try recovery.casesFromDocker(olderThan: 0).cases {
            _ = try recovery.settle(one)
        }
        let left = scene.docker.settledInvariants()
        #expect(left.count == (isTraceless ? 1 : 0), "\(left)")
    }
}
