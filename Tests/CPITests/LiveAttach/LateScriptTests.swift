import Testing

@testable import CPI
@testable import Support

/// Docker was out of reach, and starts a script in the VM when the call that wanted it is over.
@Suite("A script that starts late changes nothing that was said")
struct LateScriptTests {
    enum Method: CaseIterable { case attach, detach }

    @Test("what was rolled back stays so, whichever script is late", arguments: Method.allCases)
    func late(_ method: Method) throws {
        var rolledBack = 0
        for n in 1...9 {
            let scene = try Scene()
            scene.runner.configuration["attach"] = "auto"
            try scene.makeVM()
            try scene.makeDisk()
            if method == .detach { _ = try scene.attach() }
            guard let message = makeLate(n, method, scene) else { break }
            if message.contains("Rolled back: everything is as it was before") { rolledBack += 1 }
            let wasAttached = scene.isAttached
            #expect(wasAttached == ((method == .attach) == message.isEmpty), "\(message)")
            try scene.docker.catchUp()
            #expect(scene.isAttached == wasAttached, "start \(n) came late: \(message)")
            #expect(scene.docker.settledInvariants() == [])
            _ = method == .attach ? try scene.attach() : try scene.detach()
            #expect(scene.isAttached == (method == .attach))
        }
        #expect(rolledBack > 0, "none of them was what the call is about")
    }

    /// Makes the call; the n-th start of a command in a container comes late. Returns its error, empty for
    /// none; nil when there is no n-th start.
    private func makeLate(_ n: Int, _ method: Method, _ scene: Scene) -> String? {
        var count = 0
        scene.docker.onRequest = { _, request in
            guard request.path.contains("/exec/"), request.path.hasSuffix("/start") else {
                return nil
            }
            count += 1
            return count == n ? .late : nil
        }
        defer { scene.docker.onRequest = nil }
        var message = ""
        do {
            _ = method == .attach ? try scene.attach() : try scene.detach()
        } catch {
            message = (error as? CallFailure)?.message ?? "\(error)"
        }
        return count < n ? nil : message
    }
}
