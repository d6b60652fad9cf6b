import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("create_vm that cannot be done says why, and leaves nothing")
struct CreateVMFailureTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    @Test("a VM that somebody disconnects before it is answered would not have its address")
    func disconnected() throws {
        scene.before({ $0.path.hasSuffix("/start") && $0.path.contains("/containers/") }) {
            [scene] in
            for index in scene.docker.state.containers.indices {
                scene.docker.state.containers[index].endpoints = [:]
            }
        }
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(
            failure?.message.contains("disconnected the VM from network net-a") == true,
            "\(failure)")
        #expect(scene.docker.state.containers.isEmpty)
    }

    @Test(
        "nothing is mounted over the agent's settings, wherever they are",
        arguments: [
            ["volumes": ["data:/etc"]], ["tmpfs": ["/etc/bosh": "size=1m"]],
            ["Mounts": [["Type": "bind", "Source": "/srv", "Target": "/etc/bosh/env.json"]]],
        ] as [JSON])
    func covered(properties: JSON) throws {
        let before = scene.story()
        scene.runner.configuration["agent_settings_path"] = "/etc/bosh/env.json"
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(properties: properties)
        }
        #expect(
            failure?.message.contains("it would lie over the agent's settings, /etc/bosh/env.json")
                == true, "\(failure)")
        #expect(scene.story() == before)
        try scene.makeVM(properties: ["volumes": ["data:/etc/bosh-data"]])
        #expect(scene.container?.layer["/etc/bosh/env.json"] != nil)
    }

    @Test("a volume that Docker has made by its name goes again, and one that was there stays")
    func namedVolumes() throws {
        scene.docker.state.volumes["old"] = .init(name: "old")
        scene.docker.state.volumes["taken"] = nil
        scene.docker.onRequest = { [scene] _, request in
            guard request.path.hasSuffix("/start") else { return nil }
            // Somebody else uses it by now.
            scene.docker.apart {
                _ = try? scene.docker.engine.createContainer(
                    "other",
                    [
                        "Image": .string(scene.stemcell), "Cmd": ["true"],
                        "HostConfig": ["Binds": ["taken:/m"]],
                    ])
            }
            return .status(500, "no such device")
        }
        let properties: JSON = [
            "volumes": ["new:/a", "old:/b", "taken:/c"],
            "Mounts": [["Type": "volume", "Source": "mounted", "Target": "/d"]],
        ]
        let failure = #expect(throws: CallFailure.self) { try scene.create(properties: properties) }
        let volumes = scene.docker.state.volumes.keys.filter { !$0.hasPrefix("disk-") }.sorted()
        #expect(volumes == ["old", "taken"])
        #expect(
            failure?.message.contains("but volume taken, which was not there before, is there")
                == true, "\(failure)")
    }

    @Test(
        "a volume that a killed call had Docker make by its name stays: somebody may have used it since"
    )
    func namedVolumeLater() throws {
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/start") ? .kill : nil }
        _ = try? scene.create(properties: ["volumes": ["new:/a"]])
        scene.docker.revive()
        try scene.runner.recover()
        let operation = try scene.runner.lastOperation()
        #expect(operation.state == .rolledBack && scene.docker.state.containers.isEmpty)
        #expect(
            operation.error?.contains("volume new, which was not there before, is there") == true)
        #expect(scene.docker.state.volumes["new"] != nil)
    }

    @Test("a VM that was made of another image than the stemcell that was looked at is none")
    func anotherImage() throws {
        let file = try scene.runner.directory.write("another", Scene.stemcellFile)
        let another = try scene.runner.call("create_stemcell", [.string(file), ["name": "b"]])
        scene.before({ $0.method == "POST" && $0.path.hasSuffix("/containers/create") }) {
            [scene] in
            let id = scene.docker.state.images.first { $0.tags == [another.string] }?.id
            scene.docker.name(id ?? "", scene.stemcell)
        }
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(
            failure?.message.contains("is another image by now") == true,
            "\(String(describing: failure))")
        #expect(scene.docker.state.containers.isEmpty)
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
        let remark = try scene.runner.operatorRecovery(journal: true).inspection.daemonRemark()
        #expect(remark?.isWell == false)
        #expect(remark?.words.contains(word) == true)
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
            scene.docker.state.addContainer("other", on: "net-a")
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
        let held = try locks.acquire(network: "net-a", seconds: 0, for: "1m8fr9seyft4cm")
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(
            failure?.message.contains("operation 1m8fr9seyft4cm") == true,
            "\(failure?.message ?? "")")
        #expect(scene.docker.state.containers.isEmpty)
        held.forEach { $0.release() }
        _ = try scene.create()
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
