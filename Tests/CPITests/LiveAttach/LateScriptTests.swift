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
            let scene = try scene(isAttached: method == .detach)
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

    /// What happens between the call's end, or its settling, and the script.
    enum Since: CaseIterable { case nothing, theOpposite, bothWays }

    @Test(
        "no script of a call that is over does anything, whatever was done since",
        arguments: [FakeDocker.Fault.late, .killLate], Since.allCases)
    func afterTheEnd(_ fault: FakeDocker.Fault, _ since: Since) throws {
        for method in Method.allCases {
            // attach_disk of a disk that is attached; detach_disk after the agent has unmounted it.
            for isUnmounted in [false, true] {
                var scripts = 0
                for n in 1...9 {
                    let scene = try scene(isAttached: method == .detach || isUnmounted)
                    if isUnmounted { _ = try scene.docker.begin(.unmountDisk, on: scene.vm) }
                    guard makeLate(n, method, scene, fault) != nil else { break }
                    scripts += 1
                    scene.docker.revive()
                    try scene.runner.recover()
                    for _ in 0..<(since == .nothing ? 0 : since == .theOpposite ? 1 : 2) {
                        _ = scene.isAttached ? try scene.detach() : try scene.attach()
                    }
                    let wasAttached = scene.isAttached
                    let attacher = scene.container?.attacher(of: scene.disk)
                    try scene.docker.catchUp()
                    let what = "\(method), unmounted \(isUnmounted): start \(n) came late"
                    #expect(scene.isAttached == wasAttached, "\(what)")
                    #expect(scene.container?.attacher(of: scene.disk) == attacher, "\(what)")
                    #expect(scene.docker.settledInvariants() == [])
                }
                #expect(scripts > 0, "none of them was what the call is about")
            }
        }
    }

    @Test("what was written into a stopped VM late is no word against an attach_disk since")
    func lateWord() throws {
        let scene = try scene(isAttached: true)
        _ = try scene.docker.begin(.stopVM, on: scene.vm)
        var isSent = false
        scene.docker.onRequest = { _, request in
            guard !isSent, request.method == "PUT" else { return nil }
            isSent = true
            return .killLate
        }
        _ = try? scene.detach()
        #expect(isSent)
        scene.docker.revive()
        try scene.runner.recover()
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        _ = try scene.attach()
        try scene.docker.catchUp()
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.isAttached)
        _ = try scene.detach()
        #expect(!scene.isAttached)
    }

    /// A VM that can be given disks as it runs, and a disk.
    private func scene(isAttached: Bool) throws -> Scene {
        let scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
        if isAttached { _ = try scene.attach() }
        return scene
    }

    /// Makes the call; the n-th start of a command in a container comes late. Returns its error, empty for
    /// none; nil when there is no n-th start.
    private func makeLate(
        _ n: Int, _ method: Method, _ scene: Scene, _ fault: FakeDocker.Fault = .late
    ) -> String? {
        var count = 0
        scene.docker.onRequest = { _, request in
            guard request.path.contains("/exec/"), request.path.hasSuffix("/start") else {
                return nil
            }
            count += 1
            return count == n ? fault : nil
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
