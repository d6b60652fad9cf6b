import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("create_vm makes a VM whole, or nothing")
struct CreateVMTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    @Test("its steps end with the rename to the CID")
    func order() throws {
        try scene.makeVM()
        let other = try scene.create(
            agent: "agent-2", networks: ["default": Scene.network("net-c", "10.3.0.5")])
        let cid = try #require(other.array?.first?.string)
        #expect(
            scene.runner.story([cid: "VM"]) == """
                create network net-c
                create volume VM-ephemeral
                create VM.new
                put /var/vcap/bosh/bin/mount,/var/vcap/bosh/warden-cpi-agent-env.json into VM.new
                start VM.new
                rename VM.new to VM
                """)
        #expect(scene.docker.settledInvariants() == [])
        #expect(try scene.runner.journal().check() == [])
    }

    @Test(
        "where no VM can run it is refused in one sentence, and nothing is made",
        arguments: [("name=rootless", "rootless"), ("name=userns", "userns-remap")])
    func unfit(_ option: String, _ word: String) throws {
        scene.docker.state.securityOptions.append(option)
        scene.docker.forget()
        #expect {
            try scene.create()
        } throws: {
            let failure = $0 as? CallFailure
            return failure?.type == "Bosh::Clouds::VMCreationFailed" && failure?.okToRetry == false
                && failure?.message.contains(word) == true
        }
        #expect(scene.docker.story == [])
        let remark = try scene.runner.operatorRecovery(journal: true).daemonRemark()
        #expect(remark?.isWell == false)
        #expect(remark?.words.contains(word) == true)
    }

    @Test("on Docker Desktop a VM is made, and a warning says who reaches it")
    func desktop() throws {
        #expect(try scene.runner.operatorRecovery(journal: false).daemonRemark() == nil)
        scene.docker.state.operatingSystem = "Docker Desktop"
        try scene.makeVM()
        #expect(scene.runner.log.text.contains("Docker Desktop"))
        let remark = try scene.runner.operatorRecovery(journal: true).daemonRemark()
        #expect(remark?.isWell == true)
    }

    @Test("the answer is the CID and the networks from API version 2 on, the CID alone before")
    func answers() throws {
        let second = try scene.create()
        #expect(second.array?.count == 2)
        #expect(second.array?.last == Scene.staticNetwork)
        let third = try scene.create(
            agent: "a3", networks: ["default": Scene.network("net-a", "10.1.0.7")], version: 3)
        #expect(third.array?.first?.string?.hasPrefix("vm-") == true)
        for version in [nil, 1] {
            let first = try scene.create(
                agent: "a-\(version ?? 0)", networks: Scene.dynamicNetwork, version: version)
            #expect(first.string?.hasPrefix("vm-") == true)
        }
    }

    @Test("address, MAC, labels, ephemeral volume and settings are as asked for")
    func shape() throws {
        try scene.makeVM(properties: [
            "memory": 512, "cpus": .number(1.5), "ports": ["80/tcp"], "ShmSize": 64,
        ])
        let container = try #require(scene.container)
        #expect(container.endpoints["net-a"]?.address == "10.1.0.5")
        #expect(container.endpoints["net-a"]?.pinnedMAC == "02:42:0a:01:00:05")
        #expect(container.labels["io.bosh.vm"] == scene.vm)
        #expect(container.labels["io.bosh.agent_id"] == "agent-1")
        #expect(container.labels["io.bosh.director"] == "director-1")
        // What an image hands down must not look like the container's own.
        #expect(container.labels["io.bosh.stemcell"] == "")
        #expect(container.labels["io.bosh.replaces"] == "")
        #expect(container.hostConfig["Memory"] == .integer(512 << 20))
        #expect(container.hostConfig["NanoCpus"] == 1_500_000_000)
        #expect(container.hostConfig["ShmSize"] == 64)
        #expect(container.hostConfig["PortBindings"]["80/tcp"] == [["HostPort": ""]])
        #expect(
            container.mounts.contains {
                $0.source == scene.vm + "-ephemeral" && $0.destination == "/var/vcap/data"
            })
        let settings = try #require(scene.read("/var/vcap/bosh/warden-cpi-agent-env.json"))
        let json = try JSON(parsing: settings.utf8)
        #expect(json["agent_id"] == "agent-1")
        #expect(json["vm"]["name"] == .string(scene.vm))
        #expect(json["env"]["bosh"]["password"] == .string(Scene.secret))
        #expect(json["networks"]["default"]["preconfigured"] == true)
        #expect(json["disks"]["persistent"] == [:])
    }

    @Test(
        "two networks are both there, the default one first, with any Engine",
        arguments: ["1.41", "1.45"])
    func networks(version: String) throws {
        scene.docker.apiVersion = version
        try scene.makeVM(networks: Scene.twoNetworks)
        let container = try #require(scene.container)
        #expect(
            container.endpoints.mapValues(\.address) == ["net-a": "10.1.0.5", "net-b": "10.2.0.5"])
        #expect(container.hostConfig["NetworkMode"] == "net-a")
        #expect(container.endpoints["net-a"]?.mac == "02:42:0a:01:00:05")
    }

    @Test("disks that nobody has are mounted from the start, and attach_disk then restarts nothing")
    func disksAhead() throws {
        let disk = try scene.makeDisk()
        try scene.makeVM(disks: [disk])
        #expect(scene.isAttached)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        _ = scene.story()
        _ = try scene.attach()
        #expect(scene.story() == "")
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(disk)])
    }

    @Test("a disk that another VM has is left to it")
    func disksHeld() throws {
        let disk = try scene.makeDisk()
        try scene.makeVM(disks: [disk])
        let answer = try scene.create(
            agent: "agent-2", networks: ["default": Scene.network("net-a", "10.1.0.6")],
            disks: [disk])
        let other = try #require(answer.array?.first?.string)
        #expect(scene.docker.state.container(other)?.mounts.contains { $0.source == disk } == false)
        #expect(scene.docker.invariants() == [])
    }

    @Test("a disk that does not exist is a warning, and no volume of its name is made")
    func diskMissing() throws {
        try scene.makeVM(disks: ["disk-absent"])
        #expect(scene.docker.state.volumes["disk-absent"] == nil)
        #expect(scene.runner.log.text.contains("disk disk-absent does not exist"))
    }

    @Test("each failed request leaves nothing behind")
    func cleanup() throws {
        let before = scene.docker.state
        let sweep = try scene.sweepFailures({ try $0.create() }) { scene, number, outcome in
            if case .failure(let failure) = outcome {
                let type = (failure as? CallFailure)?.type
                #expect(type == "Bosh::Clouds::VMCreationFailed", "request \(number)")
                let state = scene.docker.state
                #expect(state.containerNames == before.containerNames, "request \(number)")
                #expect(state.volumeNames == before.volumeNames, "request \(number)")
                #expect(state.networkNames == before.networkNames, "request \(number)")
            }
            #expect(scene.docker.settledInvariants() == [], "request \(number)")
            let wrong = try scene.runner.journal().check()
            #expect(wrong == [], "request \(number)")
        }
        #expect(sweep.isWhole, "\(sweep)")
    }

    @Test("each lost reply is resolved by looking: the VM is there, or nothing is")
    func lostReply() throws {
        let sweep = try scene.sweep({ try $0.create() }) { _ in
            .lostReply
        } check: { scene, number, outcome in
            let state = scene.docker.state
            switch outcome {
            case .success: #expect(state.containers.count == 1, "request \(number)")
            case .failure:
                #expect(state.containers.isEmpty, "request \(number)")
                #expect(state.volumes.isEmpty, "request \(number)")
            }
            #expect(scene.docker.settledInvariants() == [], "request \(number)")
        }
        #expect(sweep.isWhole, "\(sweep)")
    }

    @Test("a network that it has made and others have joined since is left, and that is said")
    func networkJoined() throws {
        scene.docker.state.networks.removeAll { $0.name == "net-a" }
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/start") else { return nil }
            var other = FakeDocker.State.Container(
                id: String(repeating: "e", count: 64), name: "other", imageID: "", config: [:],
                hostConfig: [:], mounts: [], endpoints: [:], layer: [:])
            other.endpoints["net-a"] = .init(config: [:])
            scene.docker.state.containers.append(other)
            return .status(500, "boom")
        }
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        let message = failure?.message ?? ""
        #expect(message.contains("Rolled back, but network net-a is left"), "\(message)")
    }

    @Test("a network that another call keeps for too long is an error that names the call")
    func networkLocked() throws {
        scene.docker.state.networks.removeAll { $0.name == "net-a" }
        scene.runner.configuration["timeouts"] = ["lock": 0]
        let locks = Locks(scene.runner.directory.path, logger: scene.runner.logger)
        let held = try locks.acquire(network: "net-a", seconds: 0, for: "01holder")
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(
            failure?.message.contains("operation 01holder") == true, "\(failure?.message ?? "")")
        #expect(scene.docker.state.containers.isEmpty)
        held.forEach { $0.release() }
        _ = try scene.create()
    }

    @Test(
        "another call's container that goes while it looks for interrupted calls is in nobody's way"
    )
    func otherGoes() throws {
        let other = try scene.create(agent: "agent-2", networks: Scene.dynamicNetwork)
        let cid = try #require(other.array?.first?.string)
        let index = try #require(scene.docker.state.index(ofContainer: cid))
        scene.docker.state.containers[index].name = cid + ".new"
        let id = scene.docker.state.containers[index].id
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/containers/\(id)/json") else { return nil }
            scene.docker.state.containers.removeAll { $0.id == id }
            return nil
        }
        _ = try scene.create()
        #expect(scene.docker.state.container(cid + ".new") == nil)
    }

    @Test("a container that stops at once is a failure with its exit code, and goes")
    func stopsAtOnce() throws {
        scene.docker.exitAfterStart = { _ in 255 }
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(failure?.message.contains("exit code 255") == true)
        #expect(scene.docker.state.containers.isEmpty)
        #expect(scene.docker.state.volumes.isEmpty)
    }

    @Test("an address in use is told with its holder")
    func addressTaken() throws {
        try scene.makeVM()
        let failure = #expect(throws: CallFailure.self) { try scene.create(agent: "agent-2") }
        #expect(failure?.type == "Bosh::Clouds::VMCreationFailed")
        #expect(failure?.message.contains("held by \(scene.vm)") == true)
        #expect(scene.docker.state.containers.count == 1)
    }

    @Test("a missing stemcell is VMCreationFailed and not to be tried again")
    func stemcellMissing() throws {
        var arguments = scene.arguments()
        arguments[1] = "stemcell:absent"
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_vm", arguments)
        }
        #expect(failure?.type == "Bosh::Clouds::VMCreationFailed")
        #expect(failure?.okToRetry == false)
        #expect(scene.story() == "")
    }

    @Test("an Engine that is out of reach for a moment is worth another try")
    func transient() throws {
        scene.docker.onRequest = { count, request in
            request.path.hasSuffix("/containers/create") ? .beforeSending : nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(failure?.okToRetry == true)
        #expect(scene.docker.state.volumes.isEmpty)
    }

    @Test("a network of that name with another subnet is refused, not adopted")
    func networkDiffers() throws {
        try scene.makeVM()
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(agent: "b", networks: ["x": Scene.network("net-a", "10.9.0.5")])
        }
        #expect(failure?.message.contains("10.9.0.0/24 is asked for") == true)
    }

    @Test("an overlapping network is told by name")
    func networkOverlaps() throws {
        try scene.makeVM()
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(agent: "b", networks: ["x": Scene.network("net-z", "10.1.0.9")])
        }
        #expect(failure?.message.contains("overlaps with net-a") == true)
        #expect(!scene.docker.state.networkNames.contains("net-z"))
    }

    @Test("when waiting for the agent is configured, one that does not come up is a failure")
    func awaitsAgent() throws {
        scene.runner.configuration["timeouts"] = ["agent_ready_on_create": 30]
        scene.docker.agentIsUp = false
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(failure?.message.contains("30 seconds") == true)
        #expect(scene.docker.state.containers.isEmpty)
        scene.docker.agentIsUp = true
        _ = try scene.create()
    }
}
