import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("Recovery of what somebody has gone on with")
struct RecoveryLaterTests {
    @Test("an operator's recovery does not disturb what another machine is at on the VM")
    func otherMachine() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        let name = VMCID(scene.vm).mark
        var mark = try #require(scene.docker.state.volumes[name])
        mark.labels[Label.operation] = OperationID(at: scene.runner.time.clock.wall()).text
        mark.labels[Label.host] = "elsewhere 1 boot-2 1:2"
        mark.labels[Label.createdAt] = Timestamp.text(scene.runner.time.clock.wall())
        scene.docker.state.volumes[name] = mark
        #expect(throws: (any Error).self) { try scene.runner.recover() }
        #expect(scene.container?.isRunning == false)
        #expect(try scene.runner.journal().open().count == 1)
        scene.docker.state.volumes[name] = nil
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true)
    }

    @Test("a disk's deletion does not settle on a VM that somebody is at work on")
    func deletedBesideWork() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start") ? .status(500, "boom") : nil
        }
        for _ in 1...(Settler.maximalAttempts + 1) { try? scene.runner.recover() }
        scene.docker.onRequest = nil
        #expect(try scene.runner.journal().open().map(\.state) == [.parked])
        let locks = Locks(scene.runner.directory.path, shared: nil, logger: scene.runner.logger)
        let held = LockSet(locks, seconds: 0, for: "test")
        try held.cover([VMCID(scene.vm).subject])
        _ = try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.container?.isRunning == false)
        #expect(try scene.runner.journal().open().map(\.state) == [.parked])
        held.release()
    }

    @Test("a commit from before the container ran again is not what the VM goes on with")
    func staleCommit() throws {
        let scene = try Scene.attached()
        try scene.kill(.before(try requests(scene, until: "/containers/create"))) {
            try $0.detach()
        }
        let engine = scene.docker.engine
        try engine.startContainer(scene.vm)
        scene.put("later", "/etc/later")
        try engine.stopContainer(scene.vm, seconds: 1)
        try scene.runner.recover(.forward)
        #expect(!scene.isAttached && scene.container?.isRunning == true)
        #expect(scene.read("/etc/later") == "later")
    }

    @Test(
        "a mark that Docker makes when its call was rolled back goes, and the VM is not stopped for it"
    )
    func lateMark() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/volumes/create") ? .killLate : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        try scene.runner.recover()
        #expect(try scene.runner.lastOperation().state == .rolledBack)
        try scene.docker.catchUp()
        let mark = VMCID(scene.vm).mark
        #expect(scene.docker.state.volumes[mark] != nil)
        let before = scene.container?.startedAt
        scene.runner.configuration["attach"] = "auto"
        _ = try scene.attach()
        #expect(scene.docker.state.volumes[mark] == nil)
        #expect(scene.container?.startedAt == before && scene.isAttached)
    }

    @Test("where no sign of life can be had nothing is settled, and nobody says so")
    func noLock() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        let open = try #require(try scene.runner.journal().open().first)
        for directory in [scene.runner.locks.path, scene.runner.directory.path + "/locks"] {
            let file = "\(directory)/operation-\(open.id).lock"
            try? FileManager.default.removeItem(atPath: file)
            try FileManager.default.createDirectory(
                atPath: file, withIntermediateDirectories: false)
        }
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let one = try #require(try recovery.cases(open.id).first)
        let failure = #expect(throws: CPIError.self) { try recovery.settle(one) }
        #expect(failure?.message.contains("no lock can be had") == true, "\(failure)")
        let refused = #expect(throws: CallFailure.self) {
            try scene.runner.call("reboot_vm", [.string(scene.vm)])
        }
        #expect(refused?.message.contains("no lock can be had") == true, "\(refused)")
        #expect(try scene.runner.journal().open().map(\.id) == [open.id])
    }

    @Test("what a call has settled since recovery listed it is left alone")
    func settledSince() throws {
        let scene = try Scene.attached()
        #expect(
            try scene.kill(.before(try requests(scene, until: "/containers/create"))) {
                try $0.detach()
            })
        let recovery = try scene.runner.operatorRecovery(journal: false)
        let listed = try recovery.casesFromDocker(olderThan: 0).cases
        #expect(listed.count == 1)
        _ = try scene.detach()
        _ = try scene.attach()
        scene.docker.forget()
        for one in listed { #expect(try recovery.settle(one).words.hasPrefix("nothing")) }
        #expect(scene.docker.story.isEmpty, "\(scene.docker.story)")
        #expect(scene.isAttached && scene.docker.settledInvariants() == [])
    }

    /// The number of the first request of detach_disk that has `text` in its path.
    private func requests(_ scene: Scene, until text: String) throws -> Int {
        let other = try scene.copy()
        var found: Int?
        other.docker.onRequest = { count, request in
            if request.path.contains(text) { found = found ?? count }
            return nil
        }
        _ = try other.detach()
        return try #require(found)
    }

    @Test("recovery that fails again and again is given up, and told to a person")
    func attempts() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        // The old container cannot be started again: its network is gone.
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/commit") ? .kill : nil }
        #expect(throws: (any Error).self) { try scene.attach() }
        scene.docker.revive()
        let networks = scene.docker.state.networks
        scene.docker.state.networks.removeAll { $0.name == "net-a" }
        for _ in 1...(Settler.maximalAttempts + 1) {
            #expect(throws: CallFailure.self) { try scene.attach() }
        }
        let open = try scene.runner.journal().open().filter(\.mutating)
        #expect(open.map(\.state) == [.parked])
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.docker.state.volumes[VMCID(scene.vm).mark] == nil)
        // It is in nobody's way once the cause is gone.
        scene.docker.state.networks = networks
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.container?.isRunning == true)
    }

    @Test("a later operation's container is not undone by an earlier one's recovery")
    func superseded() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/commit") ? .kill : nil }
        #expect(throws: (any Error).self) { try scene.attach() }
        scene.docker.revive()
        // Another machine has replaced the VM since.
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].id = String(repeating: "f", count: 64)
        scene.docker.state.containers[index].config["Labels"]["io.bosh.cpi.operation"] =
            "zzzzzzzzzzzzzz"
        let before = scene.docker.state.containerNames
        try scene.runner.recover()
        #expect(scene.docker.state.containerNames == before)
        let operation = try scene.runner.lastOperation()
        #expect(operation.state == .failed)
        #expect(operation.error == "operation zzzzzzzzzzzzzz has taken over")
    }
}
