import Engine
import Testing

@testable import CPI
@testable import Support

/// `docker commit` hands all labels of a container to its image, and that to whatever is run from it.
@Suite(
    "A container that somebody runs from a copy of ours is not ours, in the middle of a call too")
struct CommittedCopyTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    /// Copies a container, runs the copy as "mysaved", and removes the first one.
    private func save(_ name: String) throws {
        let engine = scene.docker.engine
        try engine.commitContainer(name, repository: "saved", tag: "1", labels: [:])
        _ = try engine.createContainer("mysaved", ["Image": "saved:1"])
        try engine.startContainer("mysaved")
        try engine.removeContainer(name, force: true, anonymousVolumes: false)
    }

    private var isSaved: Bool { scene.docker.state.container("mysaved")?.isRunning == true }

    private func isExec(_ request: Request) -> Bool {
        request.method == "POST" && request.path.hasSuffix("/exec")
    }

    @Test("create_vm goes back without it")
    func createVM() throws {
        scene.before(isExec) {
            let made = scene.docker.state.containers.first { $0.name.hasSuffix(".new") }
            try save(made?.name ?? "")
        }
        #expect(throws: CallFailure.self) { try scene.create() }
        scene.docker.onRequest = nil
        #expect(isSaved)
    }

    @Test("killed create_vm: nothing is made, and recovery says so")
    func createKilled() throws {
        scene.docker.onRequest = { _, request in isExec(request) ? .kill : nil }
        _ = try? scene.create()
        scene.docker.revive()
        try save(
            scene.docker.state.containers.first { $0.name.hasSuffix(".new") }?.name ?? "")
        try scene.runner.recover()
        let last = try scene.runner.lastOperation()
        #expect(isSaved && last.state == .rolledBack, "\(last)")
    }

    @Test(
        "attach_disk by replacement goes back to the old container without it",
        arguments: [true, false])
    func attach(isKilled: Bool) throws {
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            guard isExec(request), scene.docker.state.container("mysaved") == nil else {
                return nil
            }
            scene.docker.apart { try? save(scene.vm) }
            return isKilled ? .kill : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        if isKilled { try scene.runner.recover() }
        #expect(isSaved)
        #expect(scene.container?.isRunning == true && scene.read(Scene.layerFile) == "layer")
        _ = try scene.attach()
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(isSaved && scene.container == nil)
    }
}
