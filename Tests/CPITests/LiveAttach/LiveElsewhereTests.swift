import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

/// Locks and journal do not reach to another machine, and a live attach leaves no mark.
@Suite("What another machine does with a disk while a call here is at work on it, or was killed")
struct LiveElsewhereTests {
    let scene: Scene
    let second: String
    let machine: CallRunner

    init() throws {
        scene = try LiveAttachTests().scene
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        second = try #require(answer.array?.first?.string)
        machine = try CallRunner(scene.docker)
    }

    /// The disk goes to the second VM, by replacement: nothing but that container's mounts says so.
    private func moveAway() throws {
        _ = try machine.call("detach_disk", [.string(scene.vm), .string(scene.disk)])
        _ = try machine.call("attach_disk", [.string(second), .string(scene.disk)])
    }

    private func expectMoved(_ place: SourceLocation = #_sourceLocation) {
        #expect(!scene.isAttached, sourceLocation: place)
        #expect(scene.container?.live == [], sourceLocation: place)
        let mounts = scene.docker.state.container(second)?.mounts
        #expect(mounts?.contains { $0.source == scene.disk } == true, sourceLocation: place)
        #expect(scene.docker.state.container(DiskCID(scene.disk).pin) == nil, sourceLocation: place)
    }

    @Test(
        "attach_disk whose last request has no answer does not take another VM's pin for its own",
        arguments: [FakeDocker.Fault.lostReply, .status(500, "boom")])
    func pinMoved(fault: FakeDocker.Fault) throws {
        machine.configuration["attach"] = "auto"
        let pin = DiskCID(scene.disk).pin
        var isMoved = false
        scene.docker.onRequest = { _, request in
            let id = scene.docker.state.container(pin)?.id ?? pin
            guard !isMoved, request.path.hasSuffix("/containers/\(id)/start") else { return nil }
            isMoved = true
            scene.docker.apart { try? moveAway() }
            return fault
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("Rolled back") == true, "\(failure)")
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        #expect(try scene.runner.call("get_disks", [.string(second)]) == [.string(scene.disk)])
        #expect(scene.docker.state.container(pin)?.isRunning == true)
    }

    @Test("a killed detach_disk takes nothing from who has attached the disk since")
    func attachedMeanwhile() throws {
        _ = try scene.attach()
        machine.configuration["attach"] = "auto"
        let pin = DiskCID(scene.disk).pin
        scene.docker.onRequest = { _, request in
            let id = scene.docker.state.container(pin)?.id ?? pin
            guard request.method == "DELETE", request.path.hasSuffix("/containers/\(id)") else {
                return nil
            }
            scene.docker.apart {
                _ = try? machine.call("attach_disk", [.string(scene.vm), .string(scene.disk)])
            }
            return .killAfter
        }
        _ = try? scene.detach()
        scene.docker.revive()
        try scene.runner.recover()
        #expect(scene.isAttachedLive)
        #expect(scene.docker.state.container(pin)?.isRunning == true)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(scene.disk)])
    }

    @Test("detach_disk of a busy disk does not mount again what another VM has by now")
    func detachGoesBack() throws {
        _ = try scene.attach()
        scene.docker.diskUser = "process 77 (sleep)"
        let pin = DiskCID(scene.disk).pin
        scene.before({
            $0.path.hasSuffix("/containers/create") && $0.query.contains { $0.value == pin }
        }) {
            scene.docker.diskUser = nil
            try moveAway()
        }
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        #expect(failure?.message.contains("could not be rolled back") == true, "\(failure)")
        #expect(failure?.message.contains("attached to VM \(second) by now") == true)
        expectMoved()
        try scene.runner.recover()
        expectMoved()
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("attach_disk is no success where another VM has got the disk in its middle")
    func attach() throws {
        scene.before({ $0.path.contains("/containers/") && $0.path.hasSuffix("/start") }, moveAway)
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("attached to VM \(second) by now") == true, "\(failure)")
        expectMoved()
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test(
        "an attach_disk that was killed on its way back leaves alone what attached the disk since")
    func attachedSince() throws {
        scene.docker.whyNot = "it may not"
        var execs = 0
        scene.docker.onRequest = { _, request in
            guard request.path.contains("/exec/"), request.method == "POST" else { return nil }
            execs += 1
            return execs == 3 ? .kill : nil  // the mount, the look, what takes it back
        }
        _ = try? scene.attach()
        scene.docker.revive()
        scene.docker.whyNot = nil
        #expect(try scene.runner.lastOperation().direction == .backward)
        machine.configuration["attach"] = "auto"
        _ = try machine.call("attach_disk", [.string(scene.vm), .string(scene.disk)])
        try scene.runner.recover()
        #expect(scene.isAttachedLive && scene.container?.live == [scene.disk])
        #expect(scene.docker.state.container(DiskCID(scene.disk).pin)?.isRunning == true)
        let operation = try scene.runner.lastOperation()
        #expect(operation.state == .failed)
        #expect(operation.error?.contains("has attached the disk since") == true)
    }

    @Test(
        "a stranger's container that has the disk, such as a backup, keeps no detach_disk from going back"
    )
    func backup() throws {
        _ = try scene.attach()
        let engine = scene.docker.engine
        _ = try engine.createContainer(
            "backup",
            [
                "Image": .string(scene.stemcell), "Cmd": ["true"],
                "HostConfig": ["Binds": [.string("\(scene.disk):/backup:ro")]],
            ])
        scene.docker.diskUser = "process 77 (sleep)"
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        #expect(
            failure?.message.contains("Rolled back: everything is as it was before") == true,
            "\(failure)")
        #expect(scene.isAttachedLive && scene.container?.live == [scene.disk])
        scene.docker.diskUser = nil
        _ = try scene.detach()
        #expect(!scene.isAttached)
    }

    @Test("attached again by a later call, it is attached for those who have no journal as well")
    func attachedAgain() throws {
        _ = try scene.attach()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].live = []
        _ = try scene.attach()
        #expect(scene.container?.live == [scene.disk])
        let recovery = try scene.runner.operatorRecovery(journal: false)
        #expect(try recovery.casesFromDocker(olderThan: 0).cases.isEmpty)
    }
}
