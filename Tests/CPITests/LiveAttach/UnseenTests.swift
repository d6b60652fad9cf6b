import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A disk that nothing in Docker shows to be in a VM")
struct UnshownDiskTests {
    /// An attach_disk that died when the disk was mounted and its pin had not been started, and that an operator
    /// has put aside; somebody has pruned the pin.
    private func unfinished(_ putAside: (OperatorRecovery, String) throws -> Void) throws -> Scene {
        let scene = try LiveAttachTests().scene
        let start = "/containers/\(DiskCID(scene.disk).pin)/start"
        scene.docker.onRequest = { _, request in
            let isPin = scene.docker.state.container(DiskCID(scene.disk).pin).map {
                request.path.hasSuffix("/containers/\($0.id)/start")
            }
            return isPin == true || request.path.hasSuffix(start) ? .kill : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        #expect(scene.isAttachedLive)
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let open = try #require(try scene.runner.journal().open().first { $0.mutating })
        try putAside(recovery, open.id)
        scene.docker.state.containers.removeAll { $0.name == DiskCID(scene.disk).pin }
        return scene
    }

    /// After a while, or when the clock by which this journal told of the disk is set back.
    @Test(
        "another CPI may have attached it: its journal is another one, and so the VMs are asked",
        arguments: [601.0, -18_000])
    func otherJournal(later: Double) throws {
        let scene = try LiveAttachTests().scene
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first)
        let machine = try CallRunner(scene.docker)
        machine.configuration["attach"] = "auto"
        _ = try machine.call("attach_disk", [.string(scene.vm), .string(scene.disk)])
        scene.docker.state.containers.removeAll { $0.name == DiskCID(scene.disk).pin }
        scene.runner.time.sleep(later)
        for (method, arguments) in [
            ("attach_disk", [other, .string(scene.disk)]), ("delete_disk", [.string(scene.disk)]),
        ] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, arguments)
            }
            #expect(
                failure?.message.contains("VM \(scene.vm) has it mounted") == true,
                "\(failure)")
        }
        #expect(scene.isAttachedLive && scene.docker.state.volumes[scene.disk] != nil)
    }

    @Test(
        "an attach_disk that was put aside, or closed as failed, may have mounted it",
        arguments: [true, false])
    func putAside(isParked: Bool) throws {
        let scene = try unfinished { recovery, id in
            _ =
                isParked
                ? try recovery.park(id, reason: "later")
                : try recovery.resolve(id, as: .failed, reason: "so it seems")
        }
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first)
        for (method, arguments) in [
            ("attach_disk", [other, .string(scene.disk)]), ("delete_disk", [.string(scene.disk)]),
        ] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, arguments)
            }
            // Nothing of what a person looks at is deleted.
            let words =
                isParked && method == "delete_disk"
                ? "an operator left it to a person" : "VM \(scene.vm) has it mounted"
            #expect(failure?.message.contains(words) == true, "\(failure)")
        }
        #expect(scene.docker.state.volumes[scene.disk] != nil && scene.isAttachedLive)
        // Taken out of it, the disk is free.
        if isParked {
            let recovery = try scene.runner.operatorRecovery(journal: true)
            let open = try #require(try recovery.cases("last").first)
            _ = try recovery.settle(open)
        }
        _ = try scene.detach()
        _ = try scene.runner.call("attach_disk", [other, .string(scene.disk)])
    }
}

@Suite("A VM in which no command starts")
struct UnseenTests {
    let scene: Scene

    init() throws {
        scene = try LiveAttachTests().scene
        _ = try scene.attach()
    }

    @Test("may have its disk still: nobody deletes that, gives it away, or calls it detached")
    func noCommands() throws {
        // Nothing in Docker says that the VM has it.
        scene.docker.state.containers.removeAll { $0.name == DiskCID(scene.disk).pin }
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first)
        scene.docker.startsNoCommands = true
        let disk = JSON.string(scene.disk)
        for (method, arguments) in [
            ("delete_disk", [disk]), ("attach_disk", [other, disk]),
            ("detach_disk", [.string(scene.vm), disk]),
        ] {
            let failure = #expect(throws: CallFailure.self, "\(method)") {
                try scene.runner.call(method, arguments)
            }
            #expect(failure?.message.contains("cannot be looked into") == true, "\(failure)")
        }
        #expect(scene.isAttachedLive && scene.docker.state.volumes[scene.disk] != nil)
        scene.docker.startsNoCommands = false
        _ = try scene.detach()
        #expect(!scene.isAttachedLive)
    }

    @Test(
        "one that ends again and again does not run between two starts: its list tells of the disk")
    func restarting() throws {
        scene.docker.state.containers.removeAll { $0.name == DiskCID(scene.disk).pin }
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "restarting"
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        #expect(failure?.message.contains("VM \(scene.vm) has it") == true, "\(failure)")
        #expect(scene.docker.state.volumes[scene.disk] != nil)
    }

    @Test(
        "a VM that is paused between two looks, or whose command Docker has forgotten, does not count as stopped",
        arguments: [
            (409, "Container is paused, unpause the container before exec"), (404, "No such exec"),
        ])
    func notLookedInto(status: Int, words: String) throws {
        _ = try scene.detach()
        // Its entry on the list is there, and it is not mounted.
        var scripts = 0
        scene.docker.onRequest = { _, request in
            guard request.path.contains("/exec"), request.path.hasSuffix("/start") else {
                return nil
            }
            scripts += 1
            return scripts == 1 ? .lostReply : .status(status, words)
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(scripts > 1)
        #expect(failure?.message.contains("could not be seen") == true, "\(failure)")
        scene.docker.onRequest = nil
        _ = try scene.attach()
        #expect(scene.isAttachedLive)
    }
}
