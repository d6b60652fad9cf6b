import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("delete_vm removes all that belongs to a VM, and no persistent disk")
struct DeleteVMTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
    }

    private func delete(_ vm: String? = nil) throws -> JSON {
        try scene.runner.call("delete_vm", [.string(vm ?? scene.vm)])
    }

    @Test("container first, then its volume, then the images of its layer")
    func order() throws {
        try scene.makeDisk()
        _ = try scene.attach()
        _ = scene.story()
        #expect(try delete() == .null)
        #expect(scene.story() == "remove VM\nremove volume VM-ephemeral\nremove image VM:OP")
        #expect(scene.docker.state.volumeNames == [scene.disk])
        #expect(scene.docker.state.imageTags == [scene.stemcell])
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("the images that its own stood on go as well, where Docker keeps them")
    func parents() throws {
        scene.docker.keepsParents = true
        try scene.makeDisk()
        for _ in 1...2 {
            _ = try scene.attach()
            _ = try scene.detach()
        }
        #expect(scene.docker.state.images.count { $0.labels[Label.vm] == scene.vm } == 4)
        #expect(try delete() == .null)
        #expect(scene.docker.state.images.allSatisfy { $0.labels[Label.vm] != scene.vm })
        #expect(!scene.runner.log.text.contains("keeps its name"))
    }

    @Test("with disks.pin: always its disks are kept, also those from before it was set")
    func kept() throws {
        try scene.makeDisk()
        _ = try scene.attach()
        scene.runner.configuration["disks"] = ["pin": "always"]
        #expect(try delete() == .null)
        #expect(scene.docker.state.volumes[scene.disk] != nil)
        #expect(scene.docker.state.container(DiskCID(scene.disk).keeper)?.isRunning == true)
    }

    @Test(
        "a volume that Docker has made anew under the disk's name is not kept, and in nobody's way")
    func keptAnew() throws {
        try scene.makeDisk()
        _ = try scene.attach()
        scene.runner.configuration["disks"] = ["pin": "always"]
        scene.docker.state.volumes[scene.disk]?.labels = [:]
        #expect(try delete() == .null)
        #expect(scene.docker.state.container(scene.vm) == nil)
    }

    @Test(
        "an image of the VM that somebody has made a container from keeps its name, and so one of another's"
    )
    func imageInUse() throws {
        try scene.makeDisk()
        _ = try scene.attach()
        let image = try #require(scene.docker.state.imageTags.first { $0 != scene.stemcell })
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/images/")
                ? .status(409, "container 1 is using its referenced image") : nil
        }
        #expect(try delete() == .null)
        #expect(scene.docker.state.containers.isEmpty)
        #expect(scene.runner.log.text.contains("image \(image) keeps its name"))
        scene.docker.onRequest = nil
        #expect(try delete() == .null)
        #expect(scene.docker.state.imageTags == [scene.stemcell])
    }

    @Test("a VM that is gone already is success and changes nothing")
    func twice() throws {
        _ = try delete()
        _ = scene.story()
        #expect(try delete() == .null)
        #expect(try delete("vm-never-heard-of") == .null)
        #expect(scene.story() == "")
    }

    @Test(
        "a container that is not a VM of ours is left alone",
        arguments: [[:], ["io.bosh.vm": "other"]])
    func stranger(labels: [String: String]) throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].config["Labels"] = JSON(labels)
        #expect(throws: CallFailure.self) { try delete() }
        #expect(scene.container != nil)
        #expect(scene.story() == "")
    }

    @Test("a volume that is labelled as a disk stays, whatever its name is")
    func labelledDisk() throws {
        scene.docker.state.volumes[scene.vm + "-ephemeral"]?.labels["io.bosh.disk"] = "disk-1"
        _ = try delete()
        #expect(scene.docker.state.volumeNames == [scene.vm + "-ephemeral"])
    }

    @Test("what a half done replacement has left goes as well")
    func halfReplaced() throws {
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start") ? .kill : nil
        }
        #expect(throws: (any Error).self) { try scene.attach() }
        scene.docker.revive()
        _ = try delete()
        #expect(scene.docker.state.containers.isEmpty)
        #expect(scene.docker.state.volumeNames == [scene.disk])
        #expect(scene.docker.state.imageTags == [scene.stemcell])
    }

    @Test("volumes that an image declares go with the VM")
    func anonymousVolumes() throws {
        let index = try #require(scene.docker.state.index(ofImage: scene.stemcell))
        scene.docker.state.images[index].volumes = ["/declared"]
        let answer = try scene.create(
            agent: "b", networks: ["default": Scene.network("net-a", "10.1.0.8")])
        _ = try delete(try #require(answer.array?.first?.string))
        #expect(scene.docker.state.volumeNames == [scene.vm + "-ephemeral"])
    }

    @Test("a failure in the middle is finished by the same call made again")
    func halfDone() throws {
        let vm: JSON = .string(scene.vm)
        let sweep = try scene.sweepFailures({ try $0.runner.call("delete_vm", [vm]) }) {
            scene, number, _ in
            try scene.runner.call("delete_vm", [vm])
            #expect(scene.docker.state.containers.isEmpty, "request \(number)")
            #expect(scene.docker.state.volumes.isEmpty, "request \(number)")
            let open = try scene.runner.journal().open()
            #expect(open.isEmpty, "request \(number)")
        }
        #expect(sweep.isWhole, "\(sweep)")
    }

    @Test("a deletion that failed is not finished by a call that is no delete_vm")
    func refused() throws {
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" ? .status(500, "boom") : nil
        }
        #expect(throws: CallFailure.self) { try delete() }
        scene.docker.onRequest = nil
        _ = try scene.attach()
        #expect(scene.isAttached && scene.container?.isRunning == true)
        #expect(try scene.runner.journal().open().isEmpty)
        _ = try delete()
        #expect(scene.docker.state.containers.isEmpty)
    }

    @Test("a removal that Docker answers too late is not taken for done")
    func slowRemoval() throws {
        let volume = scene.vm + "-ephemeral"
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", request.path.hasSuffix(volume) else { return nil }
            scene.runner.time.sleep(61)
            return .late
        }
        let failure = #expect(throws: CallFailure.self) { try delete() }
        #expect(failure?.message.contains(volume) == true)
        scene.docker.onRequest = nil
        _ = try delete()
        #expect(scene.docker.state.volumes.isEmpty)
    }

    @Test("one that Docker is still at is not called nothing, though it refuses a second one")
    func stillAtIt() throws {
        var isBegun = false
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", request.path.contains("/containers/") else {
                return nil
            }
            defer { isBegun = true }
            return isBegun ? .status(409, "removal of container is already in progress") : .late
        }
        let failure = #expect(throws: CallFailure.self) { try delete() }
        #expect(failure?.message.contains("Nothing was changed") == false, "\(failure)")
        #expect(try scene.runner.journal().open().count == 1)
        scene.docker.onRequest = nil
        try scene.docker.catchUp()
        _ = try delete()
        #expect(scene.docker.state.containers.isEmpty && scene.docker.state.volumes.isEmpty)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test(
        "killed before it has removed anything, no other method finishes it, whatever the VM is named by then"
    )
    func renamedAfterKill() throws {
        scene.docker.onRequest = { _, request in request.method == "DELETE" ? .kill : nil }
        _ = try? delete()
        scene.docker.revive()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].name = "by-hand"
        _ = try? scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.docker.state.containers.count { $0.vm == scene.vm } == 1)
        #expect(scene.docker.state.volumes[scene.vm + "-ephemeral"] != nil)
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
    }

    @Test("has_vm sees a VM whose name comes back between two looks")
    func renamedMeanwhile() throws {
        var looks = 0
        scene.docker.onRequest = { [scene] _, request in
            guard request.path.contains("/containers/") else { return nil }
            looks += 1
            let index = scene.docker.state.containers.firstIndex { $0.name.hasPrefix("vm-") }
            if let index {
                scene.docker.state.containers[index].name = scene.vm + (looks == 1 ? ".old" : "")
            }
            return nil
        }
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == true)
        #expect(looks > 1)
    }

    @Test("a VM of the reference CPI goes with its ephemeral volume")
    func reference() throws {
        let name = "c-11111111-2222-4333-8444-555555550001"
        scene.docker.state.addContainer(
            name, mounts: [.init(isVolume: true, source: "vol-eph-\(name)", destination: "/x")])
        scene.docker.state.volumes["vol-eph-\(name)"] = .init(name: "vol-eph-\(name)")
        #expect(try scene.runner.call("has_vm", [.string(name)]) == true)
        _ = try delete(name)
        #expect(scene.docker.state.container(name) == nil)
        #expect(scene.docker.state.volumes["vol-eph-\(name)"] == nil)
    }
}
