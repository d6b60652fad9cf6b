import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("detach_disk leaves the VM running without the disk, and the disk whole")
struct DetachDiskTests {
    let scene: Scene
    let lastDisk = "/var/vcap/bosh/managed_disk_settings.json"

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        _ = scene.story()
    }

    @Test("its steps come in the order that always has a way back")
    func order() throws {
        #expect(try scene.detach() == .null)
        #expect(
            scene.story() == """
                create volume VM.op
                stop VM
                commit VM as VM:OP
                create VM.next
                rename VM to VM.old
                rename VM.next to VM
                start VM
                update VM restart=unless-stopped
                remove VM.old
                remove image VM:OP
                remove volume VM.op
                """)
        #expect(!scene.isAttached)
        #expect(scene.container?.isRunning == true)
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.read(Scene.ephemeralFile) == "ephemeral")
        #expect(scene.docker.state.volumes[scene.disk]?.files["/data"] == Array("precious".utf8))
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("the agent's last disk is forgotten if it is this one", arguments: [true, false])
    func lastDiskSettings(isThisOne: Bool) throws {
        let content = isThisOne ? scene.disk : "disk-other"
        scene.put(content, lastDisk)
        _ = try scene.detach()
        #expect(scene.read(lastDisk) == (isThisOne ? "" : "disk-other"))
    }

    @Test("a disk that is not attached is success without a restart")
    func notAttached() throws {
        _ = try scene.detach()
        _ = scene.story()
        _ = try scene.detach()
        _ = try scene.runner.call("detach_disk", [.string(scene.vm), "disk-never-heard-of"])
        #expect(scene.story() == "")
    }

    @Test("a missing VM is VMNotFound")
    func missing() throws {
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("detach_disk", ["vm-absent", .string(scene.disk)])
        }
        #expect(failure?.type == "Bosh::Clouds::VMNotFound")
    }

    @Test("attaching and detaching many times leaves nothing over and loses nothing")
    func many() throws {
        for _ in 1...5 {
            _ = try scene.detach()
            _ = try scene.attach()
        }
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.docker.settledInvariants() == [])
        #expect(scene.docker.state.container(scene.vm)?.endpoints["net-a"]?.address == "10.1.0.5")
    }

    @Test("each failed request before the pivot leaves everything as it was")
    func rollback() throws {
        scene.put(scene.disk, lastDisk)
        let before = scene.docker.state
        let sweep = try scene.sweepFailures({ try $0.detach() }) { scene, number, outcome in
            let state = scene.docker.state
            switch outcome {
            case .success: #expect(!scene.isAttached, "request \(number)")
            case .failure:
                #expect(state.containerNames == before.containerNames, "request \(number)")
                #expect(state.volumeNames == before.volumeNames, "request \(number)")
                #expect(state.imageTags == before.imageTags, "request \(number)")
                #expect(scene.read(lastDisk) == scene.disk, "request \(number)")
                #expect(scene.isAttached, "request \(number)")
            }
            #expect(scene.container?.isRunning == true, "request \(number)")
            #expect(scene.read(Scene.layerFile) == "layer", "request \(number)")
            let wrong = try scene.runner.journal().check()
            #expect(wrong == [], "request \(number)")
        }
        #expect(sweep.isWhole, "\(sweep)")
    }

    @Test("a keeper that was made on the way is named when the rest is taken back")
    func keeperStays() throws {
        let scene = try Scene.attached()
        scene.runner.configuration["disks"] = ["pin": "always"]
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .status(500, "no space left on device") : nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        #expect(
            failure?.message.contains("Rolled back, but container \(scene.disk).keep is there")
                == true,
            "\(failure)")
        #expect(scene.docker.state.container("\(scene.disk).keep")?.isRunning == true)
    }
}
