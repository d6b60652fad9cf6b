import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("attach_disk replaces the container and loses nothing of the VM")
struct AttachDiskTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    @Test("its steps come in the order that always has a way back")
    func order() throws {
        #expect(try scene.attach() == .string("/warden-cpi-dev/\(scene.disk)"))
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
                remove volume VM.op
                """)
        #expect(scene.isAttached)
        #expect(scene.docker.settledInvariants() == [])
        #expect(try scene.runner.journal().check() == [])
    }

    @Test("layer, ephemeral volume, addresses, labels and restart policy stay")
    func keeps() throws {
        let before = try #require(scene.container)
        _ = try scene.attach()
        let after = try #require(scene.container)
        #expect(after.id != before.id)
        #expect(after.isRunning)
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.read(Scene.ephemeralFile) == "ephemeral")
        #expect(after.endpoints["net-a"]?.address == "10.1.0.5")
        #expect(after.endpoints["net-a"]?.mac == before.endpoints["net-a"]?.mac)
        #expect(after.labels["io.bosh.agent_id"] == "agent-1")
        #expect(after.labels["io.bosh.vm"] == scene.vm)
        #expect(after.labels["io.bosh.replaces"] == before.id)
        #expect(after.hostConfig["RestartPolicy"]["Name"] == "unless-stopped")
        #expect(after.config["Cmd"] == before.config["Cmd"])
        #expect(scene.docker.state.volumes[scene.disk]?.files["/data"] == Array("precious".utf8))
    }

    @Test(
        "an old container that somebody removes in the middle: its replacement takes over at once"
    )
    func oldRemoved() throws {
        let old = try #require(scene.container).id
        let scene = scene
        scene.docker.onRequest = { _, request in
            if request.path.hasSuffix("/rename") {
                scene.docker.state.containers.removeAll { $0.id == old }
            }
            return nil
        }
        #expect(try scene.attach() == .string("/warden-cpi-dev/\(scene.disk)"))
        scene.docker.onRequest = nil
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a second network is carried over, on Engines that create with one network only as well")
    func oldEngine() throws {
        let docker = FakeDocker()
        docker.apiVersion = "1.41"
        let scene = try Scene(docker)
        try scene.makeVM(networks: Scene.twoNetworks)
        try scene.makeDisk()
        let before = try #require(scene.container)
        _ = try scene.attach()
        let after = try #require(scene.container)
        #expect(after.endpoints.mapValues(\.address) == ["net-a": "10.1.0.5", "net-b": "10.2.0.5"])
        #expect(after.endpoints["net-a"]?.mac == before.endpoints["net-a"]?.mac)
        #expect(scene.story().contains("connect VM.next to net-b"))
        // Engines before 25 add the short id to the aliases: it must not travel.
        let aliases = after.endpoints["net-a"]?.config["Aliases"].array ?? []
        #expect(!aliases.contains(.string(String(before.id.prefix(12)))))
    }

    @Test("without API version 2 the answer is null")
    func versionOne() throws {
        let arguments: [JSON] = [.string(scene.vm), .string(scene.disk)]
        #expect(try scene.runner.call("attach_disk", arguments, version: nil) == .null)
        #expect(scene.isAttached)
    }

    @Test("repeating the call changes nothing and answers the same")
    func twice() throws {
        let first = try scene.attach()
        _ = scene.story()
        #expect(try scene.attach() == first)
        #expect(scene.story() == "")
    }

    @Test("a mount that somebody unmounted inside comes back by a restart")
    func restart() throws {
        _ = try scene.attach()
        _ = scene.story()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].unmounted = ["/warden-cpi-dev/\(scene.disk)"]
        _ = try scene.attach()
        #expect(scene.story() == "create volume VM.op\nstop VM\nstart VM\nremove volume VM.op")
        #expect(scene.docker.state.container(scene.vm)?.unmounted == [])
    }

    @Test("a stopped VM gets the disk and stays stopped")
    func stopped() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "exited"
        _ = try scene.attach()
        #expect(scene.isAttached)
        #expect(scene.container?.isRunning == false)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test(
        "a restart policy that would bring up the old container is suspended, and then carried over"
    )
    func restartPolicy() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].hostConfig["RestartPolicy"] = ["Name": "always"]
        _ = try scene.attach()
        #expect(scene.story().contains("update VM restart=no\nstop VM"))
        #expect(scene.container?.hostConfig["RestartPolicy"]["Name"] == "always")
    }

    @Test("volumes that the image declares keep their content")
    func anonymousVolumes() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.volumes["anonymous"] = .init(name: "anonymous", isAnonymous: true)
        scene.docker.state.containers[index].mounts.append(
            .init(isVolume: true, source: "anonymous", destination: "/declared"))
        scene.docker.state.containers[index].config["Volumes"] = ["/declared": [:]]
        scene.put("kept", "/declared/file")
        _ = try scene.attach()
        #expect(scene.read("/declared/file") == "kept")
    }

    @Test("an agent that is late is a warning; the old container goes with the next call")
    func lateAgent() throws {
        scene.docker.agentIsUp = false
        _ = try scene.attach()
        #expect(scene.isAttached)
        #expect(scene.docker.state.containers.count == 2)
        #expect(scene.runner.log.text.contains("is not up after 60 seconds"))
        #expect(scene.docker.invariants() == [])
        scene.docker.agentIsUp = true
        _ = try scene.detach()
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test(
        "a disk that was detached goes to another VM, also where the first one's agent stays down")
    func lateAgentElsewhere() throws {
        _ = try scene.attach()
        scene.docker.agentIsUp = false
        _ = try scene.detach()
        #expect(scene.docker.state.containers.count == 2)
        let second = try #require(
            try scene.create(
                agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")]
            ).array?.first)
        try scene.runner.call("attach_disk", [second, .string(scene.disk)])
        #expect(try scene.runner.call("get_disks", [second]) == [.string(scene.disk)])
        #expect(scene.docker.state.containers.allSatisfy { !$0.name.hasPrefix("\(scene.vm).old-") })
        #expect(scene.read(Scene.layerFile) == "layer" && !scene.isAttached)
    }

    @Test("a missing VM, a missing disk and a stranger's objects are told apart")
    func missing() throws {
        let absent = #expect(throws: CallFailure.self) {
            try scene.runner.call("attach_disk", ["vm-absent", .string(scene.disk)])
        }
        #expect(absent?.type == "Bosh::Clouds::VMNotFound")
        scene.docker.state.volumes["disk-strange"] = .init(name: "disk-strange")
        for disk in ["disk-absent", "disk-strange"] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call("attach_disk", [.string(scene.vm), .string(disk)])
            }
            #expect(failure?.type == "Bosh::Clouds::DiskNotFound")
        }
        #expect(scene.story() == "")
    }

    @Test("a disk of another VM is refused with that VM's CID")
    func held() throws {
        _ = try scene.attach()
        let answer = try scene.create(
            agent: "agent-2", networks: ["default": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first?.string)
        _ = scene.story()
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("attach_disk", [.string(other), .string(scene.disk)])
        }
        #expect(failure?.message.contains("VM \(scene.vm) has it") == true)
        #expect(failure?.message.contains("bosh delete-vm \(scene.vm)") == true)
        #expect(scene.story() == "")
    }

    @Test("a mark of an operation that lives is a lock")
    func mark() throws {
        scene.docker.state.volumes[scene.vm + ".op"] = .init(
            name: scene.vm + ".op", labels: ["io.bosh.cpi.operation": "00000000000000"])
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("has left its mark") == true)
        #expect(scene.container?.isRunning == true)
        #expect(scene.docker.state.volumeNames.contains(scene.vm + ".op"))
    }

    @Test("too many layers are refused before anything is stopped")
    func layers() throws {
        let index = try #require(scene.docker.state.index(ofImage: scene.stemcell))
        scene.docker.state.images[index].layers = 120
        #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(!scene.story().contains("stop"))
        #expect(scene.docker.settledInvariants() == [])
    }
}
