import Engine
import Foundation
import Journal
import Testing

@testable import CPI
@testable import Support

/// A journal whose disk is full takes an intent, and nothing after it.
@Suite("A journal that stops telling after the intent does not make what was done undone")
struct SilentJournalTests {
    let scene: Scene

    init() throws {
        scene = try .attached()
    }

    /// Makes a call that dies at a request, and leaves its intent alone in the journal.
    private func silenced(
        _ method: String, _ arguments: [JSON], dies: @escaping (Request) -> FakeDocker.Fault?
    ) throws {
        let directory = scene.runner.directory.path
        let path = Journal.file(in: directory)
        var commits = 0
        var intentAlone: TemporaryDirectory?
        JournalCommits.watch(path) {
            commits += 1
            if commits == 2 { intentAlone = try? TemporaryDirectory.copy(of: directory) }
        }
        scene.docker.onRequest = { _, request in dies(request) }
        _ = try? scene.runner.call(method, arguments)
        JournalCommits.watch(path, nil)
        scene.docker.revive()
        let kept = try #require(intentAlone)
        for name in ["journal.db", "journal.db-wal"] {
            let bytes = FileManager.default.contents(atPath: kept.path + "/" + name)
            _ = try scene.runner.directory.write(name, bytes.map(Array.init) ?? [])
        }
        let open = try #require(try scene.runner.journal().open().first)
        #expect(open.method == method && open.step == nil)
    }

    @Test("reboot_vm: a VM that it has stopped is started")
    func reboot() throws {
        try silenced("reboot_vm", [.string(scene.vm)]) {
            $0.path.hasSuffix("/stop") ? .killAfter : nil
        }
        #expect(scene.container?.isRunning == false)
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("delete_vm: what was begun is finished")
    func delete() throws {
        _ = try scene.detach()
        try silenced("delete_vm", [.string(scene.vm)]) {
            $0.method == "DELETE" && $0.path.contains("/containers/") ? .killAfter : nil
        }
        #expect(scene.container == nil && !scene.docker.state.volumes.isEmpty)
        try scene.runner.recover()
        #expect(scene.docker.state.volumeNames == [scene.disk])
    }

    @Test("delete_vm that did nothing is not carried out by recovery, though the VM is renamed")
    func nothingBegun() throws {
        _ = try scene.detach()
        try silenced("delete_vm", [.string(scene.vm)]) { $0.method == "DELETE" ? .kill : nil }
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].name = "rescue"
        try scene.runner.recover()
        #expect(scene.docker.state.containers.count { $0.vm == scene.vm } == 1)
        #expect(scene.docker.state.volumes.keys.contains { $0.hasSuffix("-ephemeral") })
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("attach_disk while the VM runs: a mount without a pin is taken back")
    func attach() throws {
        _ = try scene.detach()
        scene.runner.configuration["attach"] = "auto"
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        try silenced("attach_disk", [.string(scene.vm), .string(scene.disk)]) { request in
            request.path.contains("/containers/") && request.path.hasSuffix("/start") ? .kill : nil
        }
        #expect(scene.isAttachedLive)
        try scene.runner.recover()
        #expect(!scene.isAttachedLive && scene.docker.settledInvariants() == [])
        _ = try scene.attach()
        #expect(scene.isAttached)
    }
}
