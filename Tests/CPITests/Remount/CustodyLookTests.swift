import Engine
import Testing

@testable import CPI
@testable import Support

/// Each removal looks for itself, right before its request: what its caller has seen is older, and
/// somebody may have acted since.
@Suite("A removal believes its own look, not its caller's")
struct CustodyLookTests {
    let scene: Scene
    let old: String
    let replacement: String

    /// An attach_disk that died with a replacement that never ran.
    init() throws {
        let scene = try Scene()
        try scene.makeVM(networks: Scene.dynamicNetwork)
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/rename") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        scene.docker.onRequest = nil
        self.scene = scene
        old = try #require(scene.container).id
        replacement = try #require(
            scene.docker.containers(of: scene.vm).first { $0.name != scene.vm }
        ).id
    }

    private func world() throws -> World {
        try scene.runner.operatorRecovery(journal: false).world
    }

    private func remove(_ id: String, _ reason: RemovalReason) throws {
        try world().removeContainer(id, reason)
    }

    private var index: Int? { scene.docker.state.containers.firstIndex { $0.id == replacement } }
    private var isThere: Bool { index != nil }

    @Test("a replacement that never ran, beside what it was made from, is removed")
    func neverRan() throws {
        try remove(replacement, .neverRan(beside: old))
        #expect(!isThere)
    }

    @Test("a replacement that somebody has started meanwhile is kept, running or stopped again")
    func hasRun() throws {
        let index = try #require(index)
        scene.docker.state.containers[index].startedAt = "2026-01-01T00:00:00Z"
        for status in ["running", "exited"] {
            scene.docker.state.containers[index].status = status
            #expect(throws: LastCopy.self) { try remove(replacement, .neverRan(beside: old)) }
            #expect(isThere, "\(status)")
        }
    }

    @Test("each request has its look: what ran while Docker refused the first one is kept")
    func ranBetween() throws {
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", let index else { return nil }
            scene.docker.state.containers[index].startedAt = "2026-01-01T00:00:00Z"
            return .status(409, "You cannot remove a running container")
        }
        #expect(throws: LastCopy.self) { try remove(replacement, .neverRan(beside: old)) }
        #expect(isThere)
    }

    @Test("an old container whose end podman did not see, and that was started since, is kept")
    func unseenEnd() throws {
        let index = try #require(scene.docker.state.containers.firstIndex { $0.id == old })
        func container() throws -> Container { try scene.docker.engine.inspectContainer(old) }
        scene.docker.state.containers[index].finishedAt = "0001-01-01T00:00:00Z"
        let labels = [Label.endOfOld: try container().endOfRun]
        #expect(try container().isHeld(by: labels))
        scene.docker.state.containers[index].startedAt = "2026-02-01T00:00:00Z"
        #expect(try !container().isHeld(by: labels))
    }

    @Test("a replacement whose old container somebody has removed meanwhile is kept")
    func lastCopy() throws {
        scene.docker.state.containers.removeAll { $0.id == old }
        #expect(throws: LastCopy.self) { try remove(replacement, .neverRan(beside: old)) }
        #expect(isThere)
    }

    @Test("a committed image goes only while the container that it was made from is there")
    func image() throws {
        let world = try world()
        let index = try #require(
            scene.docker.state.images.firstIndex { $0.labels[Label.vm]?.isEmpty == false })
        let name = try #require(scene.docker.state.images[index].tags.first)
        scene.docker.state.images[index].labels[Label.operation] = world.operation
        let container = try #require(scene.docker.state.container(old))
        scene.docker.state.containers.removeAll()
        #expect(throws: LastCopy.self) {
            try world.removeCommittedImage(name, of: VMCID(scene.vm), from: old)
        }
        #expect(scene.docker.state.image(name) != nil)
        scene.docker.state.containers.append(container)
        try world.removeCommittedImage(name, of: VMCID(scene.vm), from: old)
        #expect(scene.docker.state.image(name) == nil)
    }
}
