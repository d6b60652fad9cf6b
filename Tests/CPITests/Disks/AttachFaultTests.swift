import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("attach_disk that fails goes back, or is done")
struct AttachFaultTests {
    let scene: Scene
    private var hint: JSON { .string("/warden-cpi-dev/\(scene.disk)") }

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    @Test("each failed request before the pivot leaves everything as it was")
    func rollback() throws {
        let before = scene.docker.state
        var failures = 0
        let sweep = try scene.sweep({ try $0.attach() }) { request in
            request.path == "/_ping" ? nil : .status(500, "boom")
        } check: { scene, number, outcome in
            switch outcome {
            case .success(let answer): #expect(answer == hint, "request \(number)")
            case .failure(let failure):
                failures += 1
                #expect("\(failure)".contains("boom"), "request \(number)")
                #expect(unchanged(scene, before) == [], "request \(number)")
            }
            #expect(scene.read(Scene.layerFile) == "layer", "request \(number)")
            // Whatever happened, the same call then succeeds and leaves nothing over.
            let answer = try scene.attach()
            #expect(answer == hint, "request \(number)")
            #expect(scene.docker.settledInvariants() == [], "request \(number)")
            let wrong = try scene.runner.journal().check()
            #expect(wrong == [], "request \(number)")
        }
        #expect(sweep.isWhole, "\(sweep)")
        #expect(failures > 0)
    }

    /// What is not as it was before the call, in words.
    private func unchanged(_ scene: Scene, _ before: FakeDocker.State) -> [String] {
        let state = scene.docker.state
        return [
            state.containerNames == before.containerNames ? nil : "\(state.containerNames)",
            state.volumeNames == before.volumeNames ? nil : "\(state.volumeNames)",
            state.imageTags == before.imageTags ? nil : "\(state.imageTags)",
            scene.container?.isRunning == true ? nil : "the VM does not run",
        ].compactMap(\.self)
    }

    @Test("each lost reply is resolved by looking")
    func lostReply() throws {
        let whole = try scene.copy()
        _ = try whole.attach()
        let effects = whole.docker.requests.count { !$0.hasPrefix("GET ") }
        let sweep = try scene.sweep({ try $0.attach() }) { request in
            request.method == "GET" ? nil : .lostReply
        } check: { scene, number, _ in
            let answer = try scene.attach()
            #expect(answer == hint, "request \(number)")
            #expect(scene.isAttached, "request \(number)")
            #expect(scene.container?.isRunning == true, "request \(number)")
            #expect(scene.read(Scene.layerFile) == "layer", "request \(number)")
            #expect(scene.docker.settledInvariants() == [], "request \(number)")
        }
        #expect(sweep.isWhole && sweep.struck == effects, "\(sweep)")
    }

    @Test("a VM that Docker cannot stop runs on as before, with its restart policy")
    func cannotStop() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].hostConfig["RestartPolicy"] = ["Name": "always"]
        let before = scene.docker.state
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/stop") ? .status(500, "permission denied") : nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("permission denied") == true)
        #expect(failure?.message.contains("everything is as it was before") == true)
        #expect(unchanged(scene, before) == [])
        let policy = scene.docker.state.containers[index].hostConfig["RestartPolicy"]["Name"]
        #expect(policy == "always")
        #expect(try scene.runner.lastOperation().state == .rolledBack)
    }

    @Test("the old container is not started beside a replacement that Docker starts too late")
    func startedLate() throws {
        let scene = try Scene()
        try scene.makeVM(networks: Scene.dynamicNetwork)
        try scene.makeDisk()
        let old = try #require(scene.container).id
        scene.docker.onRequest = { [scene] _, request in
            if request.path.hasSuffix("/start"), !request.path.contains(old) {
                scene.runner.time.sleep(61)
                return .late
            }
            if request.method == "DELETE", request.path.contains("/containers/") {
                try? scene.docker.catchUp()
            }
            return nil
        }
        _ = try? scene.attach()
        #expect(scene.docker.state.containers.count(where: \.isRunning) == 1)
        scene.docker.onRequest = nil
        try scene.runner.recover()
        #expect(scene.docker.state.containers.count(where: \.isRunning) == 1)
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("a VM with the host's name is replaced by one with it")
    func hostsName() throws {
        let scene = try Scene()
        try scene.makeVM(properties: ["UTSMode": "host"])
        try scene.makeDisk()
        _ = try scene.attach()
        #expect(scene.isAttached && scene.container?.isRunning == true)
        #expect(scene.container?.hostConfig["UTSMode"] == "host")
    }

    @Test("a replacement that does not start is taken back, and the VM runs as before")
    func cannotStart() throws {
        scene.docker.exitAfterStart = { $0.labels["io.bosh.replaces"]?.isEmpty == false ? 1 : nil }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("Rolled back") == true)
        #expect(failure?.message.contains("exit code 1") == true)
        #expect(scene.container?.isRunning == true)
        #expect(!scene.isAttached)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("what somebody does while the call goes back is said, not \"as it was before\"")
    func stoppedMeanwhile() throws {
        let scene = scene
        scene.docker.exitAfterStart = { $0.labels["io.bosh.replaces"]?.isEmpty == false ? 1 : nil }
        scene.docker.onRequest = { _, request in
            let isLast = request.method == "DELETE" && request.path.hasSuffix("\(scene.vm).op")
            if isLast, let index = scene.docker.state.index(ofContainer: scene.vm) {
                scene.docker.state.containers[index].status = "exited"
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        let message = failure?.message ?? ""
        #expect(message.contains("VM \(scene.vm) is not running"), "\(message)")
        #expect(!message.contains("as it was before"), "\(message)")
    }

    @Test("an address that was taken meanwhile is told with its holder")
    func addressTaken() throws {
        let scene = scene
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/start") {
                if scene.docker.state.container("thief") == nil {
                    scene.docker.state.addContainer(
                        "thief", on: "net-a", address: "10.1.0.5", status: "running")
                }
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("10.1.0.5 on network net-a is held by thief") == true)
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(try scene.runner.lastOperation().state == .running)
    }

    @Test("a disk that vanishes during the call is not replaced by an empty one")
    func vanished() throws {
        let scene = scene
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/commit") { scene.docker.state.volumes[scene.disk] = nil }
            return nil
        }
        #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(scene.docker.state.volumes[scene.disk] == nil)
        #expect(scene.container?.isRunning == true)
        #expect(scene.docker.settledInvariants() == [])
    }
}
