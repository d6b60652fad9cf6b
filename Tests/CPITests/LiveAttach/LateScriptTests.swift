import Testing

@testable import CPI
@testable import Support

/// Docker was out of reach, and starts a script in the VM when the call that wanted it is over.
@Suite("A script that starts late changes nothing that was said")
struct LateScriptTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
    }

    /// The n-th start of a command in a container comes late. False when there is none.
    private func makeLate(_ n: Int, _ body: () throws -> Void) -> (isLate: Bool, message: String) {
        var count = 0
        var isLate = false
        scene.docker.onRequest = { _, request in
            guard request.path.contains("/exec/"), request.path.hasSuffix("/start") else {
                return nil
            }
            count += 1
            guard count == n else { return nil }
            isLate = true
            return .late
        }
        var message = ""
        do { try body() } catch { message = (error as? CallFailure)?.message ?? "\(error)" }
        scene.docker.onRequest = nil
        return (isLate, message)
    }

    @Test("attach_disk: what was rolled back is not attached afterwards", arguments: 1...3)
    func attach(_ n: Int) throws {
        let (isLate, message) = makeLate(n) { _ = try scene.attach() }
        guard isLate else { return }
        let wasAttached = scene.isAttached
        try scene.docker.catchUp()
        #expect(scene.isAttached == wasAttached, "\(message)")
        #expect(scene.isAttached == message.isEmpty, "\(message)")
        #expect(scene.docker.settledInvariants() == [])
        _ = try scene.attach()
        #expect(scene.isAttachedLive)
    }

    @Test("detach_disk: what was rolled back stays attached", arguments: 1...3)
    func detach(_ n: Int) throws {
        _ = try scene.attach()
        let (isLate, message) = makeLate(n) { _ = try scene.detach() }
        guard isLate else { return }
        let wasAttached = scene.isAttached
        try scene.docker.catchUp()
        #expect(scene.isAttached == wasAttached, "\(message)")
        #expect(scene.isAttached != message.isEmpty, "\(message)")
        #expect(scene.docker.settledInvariants() == [])
        _ = try scene.detach()
        #expect(!scene.isAttached)
    }

    @Test("each of them is met")
    func areMet() throws {
        #expect(makeLate(1) { _ = try scene.attach() }.isLate)
    }
}
