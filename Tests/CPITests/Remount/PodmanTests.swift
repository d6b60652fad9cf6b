import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("What podman does not tell, or takes and cannot do")
struct PodmanTests {
    let scene: Scene

    init() throws {
        let docker = FakeDocker()
        docker.apiVersion = "1.41"
        docker.state.buildah = "1.39.3"
        docker.state.hasQuota = true
        scene = try Scene(docker)
        try scene.makeVM()
        try scene.makeDisk()
    }

    @Test("a replacement asks for the addresses that the VM has")
    func addresses() throws {
        let before = try #require(scene.container?.endpoints["net-a"])
        _ = try scene.attach()
        let after = try #require(scene.container?.endpoints["net-a"])
        #expect(after.config["IPAMConfig"]["IPv4Address"] == "10.1.0.5")
        #expect(after.mac == before.mac && after.pinnedMAC == before.mac)
        #expect(scene.isAttached)
    }

    @Test(
        "a container that is being replaced is not started with the host, and the VM is again afterwards",
        arguments: [true, false])
    func restarts(isUndone: Bool) throws {
        let old = try #require(scene.container).id
        func policy(_ id: String) -> String? {
            scene.docker.state.containers.first { $0.id == id }?
                .hostConfig["RestartPolicy"]["Name"].string
        }
        #expect(policy(old) == "unless-stopped")
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix(isUndone ? "/commit" : "/rename") else { return nil }
            return isUndone ? .status(500, "no space left on device") : .killAfter
        }
        #expect(throws: (any Error).self) { try scene.attach() }
        if !isUndone {
            #expect(policy(old) == "no")
            scene.docker.revive()
            try scene.runner.recover(.forward)
        }
        let vm = try #require(scene.container)
        #expect((vm.id == old) == isUndone && vm.isRunning)
        #expect(policy(vm.id) == "unless-stopped")
    }

    @Test("one that is taken back without its mark and journal has its restart policy again")
    func remnant() throws {
        let old = try #require(scene.container).id
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/rename") ? .kill : nil }
        #expect(throws: (any Error).self) { try scene.attach() }
        scene.docker.revive()
        try scene.runner.loseJournal()
        scene.docker.state.volumes[VMCID(scene.vm).mark] = nil
        let recovery = try scene.runner.operatorRecovery(journal: false)
        for one in try recovery.casesFromDocker(olderThan: 0).cases {
            let words = try recovery.settle(one).words
            #expect(!words.contains("policy") && !words.contains("unknown"), "\(words)")
        }
        let vm = try #require(scene.container)
        #expect(vm.id == old)
        #expect(vm.hostConfig["RestartPolicy"]["Name"] == "unless-stopped")
        #expect(scene.docker.containers(of: scene.vm).count == 1)
    }

    @Test(
        "another operation that has replaced it meanwhile does not keep what was taken away for a while"
    )
    func superseded() throws {
        try scene.killAttachAtCommit()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        #expect(scene.docker.state.containers[index].hostConfig["RestartPolicy"]["Name"] == "no")
        scene.docker.state.containers[index].id = String(repeating: "f", count: 64)
        scene.docker.state.containers[index].config["Labels"][Label.operation] = "zzzzzzzzzzzzzz"
        try scene.runner.recover()
        #expect(try scene.runner.lastOperation().state == .failed)
        #expect(scene.container?.hostConfig["RestartPolicy"]["Name"] == "unless-stopped")
    }

    @Test("an address that podman takes for used though nobody has it is told of")
    func addressOfNobody() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start")
                ? .status(
                    500,
                    "IPAM error: requested ip address 10.1.0.5 is already allocated to container ID 2a"
                )
                : nil
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("reboot_vm", [.string(scene.vm)])
        }
        #expect(
            failure?.message.contains("no container has it") == true, "\(failure?.message ?? "")")
    }

    @Test("a VM that runs, and that podman takes for paused, is killed and deleted")
    func takenForPaused() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "paused"
        let state = { [scene] in scene.container?.status }
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/containers/")
                && state() == "paused"
                ? .status(500, "resume: `oci-runtime resume` failed: exit status 1") : nil
        }
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.container == nil)
        #expect(scene.story().contains("kill "))
    }

    @Test("a VM that does not run is not replaced: nobody tells its addresses")
    func stopped() throws {
        let id = try #require(scene.container?.id)
        let engine = scene.docker.engine
        try engine.stopContainer(id, seconds: 1)
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("next: reboot_vm") == true)
        #expect(scene.container?.id == id)
        try scene.runner.call("reboot_vm", [.string(scene.vm)])
        _ = try scene.attach()
        #expect(scene.isAttached)
    }

    @Test("a VM that does not run has no disk to detach, and cannot be looked into for more")
    func stoppedWithoutDisk() throws {
        let id = try #require(scene.container?.id)
        let engine = scene.docker.engine
        try engine.stopContainer(id, seconds: 1)
        #expect(throws: EngineError.self) { try engine.exec(id, ["true"], seconds: 1) }
        #expect(try scene.detach() == .null)
        #expect(scene.container?.id == id)
    }

    @Test("kernel parameters and devices, which podman does not show, outlive a replacement")
    func unshown() throws {
        let properties: JSON = [
            "sysctls": ["net.core.somaxconn": 321], "devices": ["/dev/null:/dev/other"],
        ]
        try scene.makeVM(
            networks: ["a": Scene.network("net-a", "10.1.0.6")], properties: properties)
        let before = try #require(scene.container)
        for change in [scene.attach, scene.detach] {
            _ = try change()
            let after = try #require(scene.container)
            #expect(after.hostConfig["Sysctls"] == ["net.core.somaxconn": "321"])
            #expect(after.hostConfig["Devices"] == before.hostConfig["Devices"])
        }
        #expect(scene.container?.id != before.id)
    }

    @Test("the stop signal that nobody asked for is shown there, by its number")
    func stopSignal() {
        for (shown, wanted) in [("15", "SIGRTMIN+3"), ("9", "9")] {
            var body: JSON = ["Cmd": ["/sbin/init"], "StopSignal": .string(shown)]
            Adoption.adopt(&body, settings: "/settings.json")
            #expect(body["StopSignal"].string == wanted)
        }
    }

    @Test("an address in use is told with its holder, an overlapping network by name")
    func taken() throws {
        let address = #expect(throws: CallFailure.self) { try scene.create(agent: "agent-2") }
        #expect(address?.message.contains("held by \(scene.vm)") == true)
        let network = #expect(throws: CallFailure.self) {
            try scene.create(agent: "b", networks: ["x": Scene.network("net-z", "10.1.0.9")])
        }
        #expect(network?.message.contains("overlaps with net-a") == true)
    }

    @Test("a disk's size is a limit in podman's words, where there are project quotas")
    func size() throws {
        let limit = ["o": "size=104857600", "SIZE": "104857600"]
        #expect(scene.docker.state.volumes[scene.disk]?.options == limit)
        scene.runner.configuration["attach"] = "auto"
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        try scene.makeVM()
        _ = try scene.attach()
        #expect(scene.isAttachedLive, "a quota is no reason to replace the VM")
        scene.docker.state.hasQuota = false
        let label = try scene.makeDisk()
        #expect(scene.docker.state.volumes[label]?.options == [:])
    }

    @Test("what begins with the name of a disk is not removed for it, though podman would")
    func alike() throws {
        let other = scene.disk + "-backup"
        scene.docker.state.volumes[other] = .init(name: other)
        var isLost = false
        scene.docker.onRequest = { [disk = scene.disk] _, request in
            guard !isLost, request.method == "DELETE", request.path.hasSuffix("/volumes/\(disk)")
            else { return nil }
            isLost = true
            return .lostReply
        }
        try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(isLost)
        #expect(scene.docker.state.volumeNames.contains(other))
        #expect(!scene.docker.state.volumeNames.contains(scene.disk))
    }

    @Test("a stemcell that is deleted again is not deleted under another repository's name")
    func anotherRepository() throws {
        let file = JSON.string(scene.runner.directory.path + "/image")
        let stemcell =
            try scene.runner.call("create_stemcell", [file, ["name": "x"]]).string ?? ""
        let backup = "registry.example/" + stemcell
        let index = try #require(scene.docker.state.index(ofImage: stemcell))
        scene.docker.state.images[index].tags.append(backup)
        for _ in 1...2 { try scene.runner.call("delete_stemcell", [.string(stemcell)]) }
        #expect(scene.docker.state.imageTags.contains(backup))
        #expect(!scene.docker.state.imageTags.contains(stemcell))
    }

    @Test(
        "a name that podman has kept of a container which nobody sees is not ours to free: it is told of"
    )
    func nameOfNobody() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/containers/create")
                ? .status(
                    500,
                    "the container name \"x\" is already in use by 2d0c. that name is in use by an external entity"
                )
                : nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("podman rm -f NAME") == true, "\(failure)")
        #expect(!scene.story().contains("remove \(VMCID(scene.vm).replacement)"))
    }

    @Test("an image that podman's own client has named is found, and loses that name")
    func namedByItsClient() throws {
        let engine = scene.docker.engine
        let image = try #require(scene.docker.state.index(ofImage: scene.stemcell))
        scene.docker.state.images[image].tags = ["localhost/mine:1", "registry.example/other:1"]
        #expect(try engine.image("mine:1") != nil)
        #expect(try engine.image("other:1") == nil)
        try engine.removeImage("mine:1")
        #expect(scene.docker.state.imageTags == ["registry.example/other:1"])
    }
}
