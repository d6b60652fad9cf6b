import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("What a delete_vm that was killed may still remove")
struct DeleteVMKilledTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    /// Killed right before the VM's container goes.
    private func killDelete() {
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/containers/")
                ? .kill : nil
        }
        _ = try? scene.runner.call("delete_vm", [.string(scene.vm)])
        scene.docker.revive()
    }

    @Test(
        "what replaced the VM after a delete_vm that was killed keeps its volumes and pins",
        arguments: [true, false])
    func replacedSince(isPruned: Bool) throws {
        killDelete()
        // Another CPI, which does not see the operation.
        let machine = try CallRunner(scene.docker)
        machine.time.sleep(60)
        if isPruned {
            scene.docker.onRequest = { _, request in
                request.path.hasSuffix("/commit") ? .killAfter : nil
            }
        }
        _ = try? machine.call("attach_disk", [.string(scene.vm), .string(scene.disk)])
        scene.docker.revive()
        if isPruned { scene.docker.state.containers.removeAll { $0.name.hasPrefix(scene.vm) } }
        try scene.runner.recover()
        let operation = try scene.runner.lastOperation()
        #expect(operation.state == .failed)
        #expect(operation.error?.contains("has taken over") == true, "\(operation)")
        #expect(scene.docker.state.volumes["\(scene.vm)-ephemeral"] != nil)
        if isPruned { try machine.recover() }
        #expect(scene.container?.isRunning == true)
    }

    @Test("of which a container that was replaced is gone already is still there for another call")
    func oldIsGone() throws {
        _ = try scene.attach()
        var old = try #require(scene.container)
        (old.id, old.status) = ("0123456789ab", "exited")
        old.name = "\(scene.vm).old-\(old.id)"
        scene.docker.state.containers.append(old)
        killDelete()
        scene.docker.state.containers.removeAll { $0.name.contains(".old-") }
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.container?.isRunning == true)
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
    }

    /// `docker run --volumes-from`, as for a backup.
    @Test("a container that was only given the volumes of the Go CPI's VM is no VM")
    func volumesOfGoVM() throws {
        let scene = try Scene.goWorld()
        let vm = try #require(scene.container)
        scene.docker.state.containers.append(
            .init(
                id: String(repeating: "d", count: 64), name: "backup", imageID: vm.imageID,
                config: ["Image": "busybox"], hostConfig: [:], mounts: vm.mounts, endpoints: [:],
                layer: [:]))
        _ = try? scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.containers.map(\.name) == ["backup"])
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        #expect(throws: (any Error).self) { try scene.runner.recover() }
        #expect(scene.docker.state.containers.map(\.name) == ["backup"])
        scene.docker.state.containers = []
        try scene.runner.recover()
        #expect(scene.docker.state.volumeNames == [Scene.goDisk])
    }

    @Test("a volume of the VM's name with labels of somebody else's stays")
    func volumeReplaced() throws {
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/volumes/") ? .kill : nil
        }
        _ = try? scene.runner.call("delete_vm", [.string(scene.vm)])
        scene.docker.revive()
        let name = scene.vm + "-ephemeral"
        scene.docker.state.volumes[name] = .init(name: name, labels: ["owner": "me"])
        try scene.runner.recover()
        #expect(scene.docker.state.volumes[name] != nil)
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(try scene.runner.call("delete_vm", [.string(scene.vm)]) == .null)
        #expect(scene.docker.state.volumes[name] != nil)
    }

    @Test("a container of a Go VM's name without its volume is somebody else's")
    func goNameTaken() throws {
        let scene = try Scene.goWorld()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].name = "moved"
        scene.docker.state.addContainer(scene.vm, config: ["Image": "busybox"])
        _ = try? scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.container?.isRunning == false)
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.containers.map(\.name) == [scene.vm])
    }
}
