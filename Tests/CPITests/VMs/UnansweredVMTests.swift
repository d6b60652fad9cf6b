import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

/// bosh create-env asks again for its one address, and there is no director that could delete the first VM.
@Suite("A VM whose create_vm was never answered gives its address to the next one of that director")
struct UnansweredVMTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    private func lose(_ isKilled: Bool) throws -> String {
        if isKilled {
            scene.docker.onRequest = { _, request in
                request.path.hasSuffix("/rename") ? .killAfter : nil
            }
        }
        scene.runner.delivers = false
        _ = try? scene.create()
        scene.docker.revive()
        scene.runner.delivers = true
        // Not one that is just writing its answer.
        scene.runner.time.sleep(20)
        return try #require(scene.docker.state.containers.first { $0.name.hasPrefix("vm-") }).name
    }

    @Test(
        "killed when it had made no container yet: orphans names the operation, which is settled by its id"
    )
    func early() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/containers/create") ? .kill : nil
        }
        _ = try? scene.create()
        scene.docker.revive()
        let open = try #require(try scene.runner.journal().open().first)
        let orphan = try scene.runner.orphans(journal: true).first { $0.name == open.id }
        #expect(orphan?.command == "cpi-admin recover \(open.id)", "\(orphan)")
        try scene.runner.recover()
        #expect(try scene.runner.orphans(journal: true).allSatisfy { $0.kind == .network })
    }

    @Test("a clock that was a day back when a call named the VM: it was named all the same")
    func clockSetBack() throws {
        let first = try lose(false)
        scene.runner.time.sleep(-80_000)
        #expect(try scene.runner.call("has_vm", [.string(first)]) == true)
        scene.runner.time.sleep(80_000)
        #expect(try scene.runner.orphans(journal: true).allSatisfy { $0.name != first })
        #expect(throws: CallFailure.self) { try scene.create(agent: "agent-2") }
        #expect(try scene.runner.call("has_vm", [.string(first)]) == true)
    }

    @Test("killed after its last step, or its answer lost", arguments: [true, false])
    func again(isKilled: Bool) throws {
        let first = try lose(isKilled)
        let second = try #require(try scene.create(agent: "agent-2").array?.first?.string)
        #expect(second != first)
        #expect(scene.docker.state.container(first) == nil)
        #expect(scene.docker.state.container(second)?.isRunning == true)
        #expect(
            scene.runner.log.text.contains(
                "VM \(first) has an address or the agent that is asked for"))
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("one agent does not run twice, where the addresses are Docker's to choose")
    func sameAgent() throws {
        scene.runner.delivers = false
        let first = try #require(
            try scene.create(networks: Scene.dynamicNetwork).array?.first?.string)
        scene.runner.delivers = true
        scene.runner.time.sleep(20)
        let other = try #require(
            try scene.create(agent: "agent-2", networks: Scene.dynamicNetwork).array?.first?.string)
        #expect(scene.docker.state.container(first)?.isRunning == true)
        let second = try #require(
            try scene.create(networks: Scene.dynamicNetwork).array?.first?.string)
        #expect(scene.docker.state.container(first) == nil)
        for vm in [second, other] {
            #expect(scene.docker.state.container(vm)?.isRunning == true)
        }
    }

    @Test("one whose journal missed the answer, as when its disk is full, is somebody's")
    func gap() throws {
        let paths = ["", "-wal", "-shm"].map { scene.runner.directory.path + "/journal.db" + $0 }
        var kept: [Data?] = []
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/rename") {
                kept = paths.map { FileManager.default.contents(atPath: $0) }
            }
            return nil
        }
        let first = try #require(try scene.create().array?.first?.string)
        scene.docker.onRequest = nil
        for (path, bytes) in zip(paths, kept) {
            unlink(path)
            try bytes?.write(to: URL(filePath: path))
        }
        scene.runner.time.sleep(20)
        #expect(try scene.runner.journal().open().map(\.method) == ["create_vm"])
        let failure = #expect(throws: CallFailure.self) { try scene.create(agent: "agent-2") }
        #expect(failure?.message.contains("held by \(first)") == true, "\(failure)")
        #expect(scene.docker.state.container(first)?.isRunning == true)
    }

    @Test("podman does not show what was asked for: the address that it has counts")
    func podman() throws {
        scene.docker.state.buildah = "1.39.3"
        let first = try lose(false)
        _ = try scene.create(agent: "agent-2")
        #expect(scene.docker.state.container(first) == nil)
    }

    @Test("one that a call has named since is somebody's")
    func named() throws {
        let first = try lose(false)
        _ = try scene.runner.call("set_vm_metadata", [.string(first), ["name": "x"]])
        let failure = #expect(throws: CallFailure.self) { try scene.create(agent: "agent-2") }
        #expect(failure?.message.contains("held by \(first)") == true)
        #expect(scene.docker.state.container(first)?.isRunning == true)
    }

    @Test("one that has got a disk is somebody's, though the journal does not know")
    func hasDisk() throws {
        scene.runner.configuration["attach"] = "auto"
        let first = try lose(false)
        let disk = try scene.makeDisk()
        _ = try CallRunner(scene.docker).call("attach_disk", [.string(first), .string(disk)])
        let failure = #expect(throws: CallFailure.self) { try scene.create(agent: "agent-2") }
        #expect(failure?.message.contains("held by \(first)") == true, "\(failure)")
        #expect(scene.docker.state.container(first)?.isRunning == true)
        let orphans = try scene.runner.operatorRecovery(journal: true).orphans(sizes: false)
        #expect(!orphans.contains { $0.name == first })
    }

    @Test("one with another address stays, and so does that of an answered call")
    func others() throws {
        let first = try lose(false)
        _ = try scene.create(
            agent: "agent-2", networks: ["default": Scene.network("net-a", "10.1.0.6")])
        #expect(scene.docker.state.container(first)?.isRunning == true)
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(
                agent: "agent-3", networks: ["default": Scene.network("net-a", "10.1.0.6")])
        }
        #expect(failure?.message.contains("held by vm-") == true)
    }

    @Test("a volume that a prune takes in the middle of create_vm is seen, and nothing is left")
    func prunedVolume() throws {
        scene.docker.onRequest = { [docker = scene.docker] _, request in
            if request.path.hasSuffix("/containers/create") {
                docker.state.volumes = docker.state.volumes.filter {
                    !$0.key.hasSuffix("-ephemeral")
                }
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(failure?.message.contains("-ephemeral is gone") == true, "\(failure)")
        #expect(!scene.docker.state.containers.contains { $0.name.hasPrefix("vm-") })
        #expect(!scene.docker.state.volumeNames.contains { $0.hasPrefix("vm-") })
    }
}
