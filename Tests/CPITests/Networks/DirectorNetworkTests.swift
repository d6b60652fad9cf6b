import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("Networks that a director manages")
struct DirectorNetworkTests {
    static let named: JSON = [
        "type": "manual", "range": "10.9.0.0/24",
        "cloud_properties": ["name": "managed", "zone": "z1"],
    ]
    let scene: Scene

    init() throws { scene = try Scene() }

    private func create(_ definition: JSON) throws -> JSON {
        try scene.runner.call("create_network", [definition])
    }

    @Test("the answer has the CID, the subnet with its gateway, and the properties with the name")
    func answer() throws {
        let answer = try create(Self.named)
        #expect(
            answer == [
                "managed", ["range": "10.9.0.0/24", "gateway": "10.9.0.1", "reserved": []],
                ["name": "managed", "zone": "z1"],
            ])
        let network = try #require(scene.docker.state.network("managed"))
        #expect(network.subnets == ["10.9.0.0/24"] && network.gateways == ["10.9.0.1"])
        #expect(network.labels["io.bosh.network"] == "managed")
        #expect(network.labels["io.bosh.director"] == "director-1")
    }

    @Test("the answer's properties are such as create_vm takes, and what they misspell is told")
    func properties() throws {
        let definition: JSON = [
            "range": "10.9.0.0/24", "cloud_properties": ["Name": "managed", "drivr": "macvlan"],
        ]
        let answer = try create(definition).array ?? []
        #expect(answer[2] == ["name": "managed", "drivr": "macvlan"])
        #expect(scene.runner.log.text.contains("drivr"))
        _ = try scene.create(networks: [
            "n": ["ip": "10.9.0.5", "netmask": "255.255.255.0", "cloud_properties": answer[2]]
        ])
    }

    @Test("without a name it gets one that no other has, and without a range a free subnet")
    func chosen() throws {
        scene.docker.state.networks.append(
            .init(id: "n9", name: "theirs", driver: "bridge", subnets: ["172.16.0.0/24"]))
        let answer = try create(["netmask_bits": 24]).array ?? []
        let cid = try #require(answer.first?.string)
        #expect(NetworkCID(cid).isOurForm)
        #expect(answer[1]["range"] == "172.16.1.0/24" && answer[1]["gateway"] == "172.16.1.1")
        #expect(answer[2] == ["name": .string(cid)])
        let other = try create(["gateway": "10.8.7.1", "netmask_bits": 20]).array ?? []
        #expect(other[1]["range"] == "10.8.0.0/20" && other[1]["gateway"] == "10.8.7.1")
        let six = try create(["range": "fd00:9::/64"]).array ?? []
        #expect(six[1]["gateway"] == "fd00:9::1")
        #expect(scene.docker.state.network(six[0].string ?? "")?.enableIPv6 == true)
    }

    @Test("asked for again without an answer it is the same one, unless somebody uses it")
    func unanswered() throws {
        let definition: JSON = ["range": "10.9.0.0/24"]
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/networks/create") ? .killAfter : nil
        }
        _ = try? create(definition)
        scene.docker.revive()
        let made = try #require(scene.docker.state.networks.last { $0.name.hasPrefix("net-") })
        let answer = try create(definition).array ?? []
        #expect(answer.first == .string(made.name))
        #expect(scene.docker.state.networks.count { $0.name.hasPrefix("net-") } == 1)
        _ = try scene.create(networks: ["a": Scene.network(made.name, "10.9.0.5")])
        let failure = #expect(throws: CallFailure.self) { try create(definition) }
        #expect(failure?.message.contains("overlaps with \(made.name)") == true)
    }

    @Test("a network that only the last copy of a VM was on is in use")
    func lastCopy() throws {
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/containers/create") ? .kill : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        scene.docker.state.containers.removeAll { $0.name == scene.vm }
        #expect(!(try scene.runner.orphans()).contains { $0.name == "net-a" })
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true)
    }

    @Test(
        "driver and options reach Docker; an overlay can be joined by VMs, and its nodes need room")
    func drivers() throws {
        let answer = try create([
            "range": "10.9.0.0/24",
            "cloud_properties": [
                "driver": "overlay", "driver_opts": ["encrypted": ""], "internal": true,
            ],
        ])
        #expect(answer.array?[1]["reserved"] == ["10.9.0.2-10.9.0.9"])
        let spec = try #require(scene.docker.state.networks.last?.spec)
        #expect(spec["Driver"] == "overlay" && spec["Attachable"] == true)
        #expect(spec["Internal"] == true && spec["Options"] == ["encrypted": ""])
    }

    @Test(
        "what is wrong is told by its key",
        arguments: [
            ("x", "subnet_definition"), (["type": "dynamic"], ".type"),
            (["range": "10.0.0.0"], ".range"), (["range": "10.0.0.0/31"], ".range"),
            (["range": 3], ".range"), (["gateway": "x", "range": "10.0.0.0/24"], ".gateway"),
            (["gateway": "10.0.1.1", "range": "10.0.0.0/24"], ".gateway"),
            (["netmask_bits": 31], ".netmask_bits"), (["netmask_bits": "24"], ".netmask_bits"),
            (["cloud_properties": ["name": "a b"]], ".cloud_properties.name"),
            (["cloud_properties": ["driver_opts": ["parent": 1]]], ".driver_opts.parent"),
            (["cloud_properties": ["internal": "yes"]], ".internal"),
        ] as [(JSON, String)])
    func wrong(definition: JSON, key: String) {
        let failure = #expect(throws: CallFailure.self) { try create(definition) }
        #expect(failure?.message.contains(key) == true, "\(String(describing: failure))")
        #expect(scene.story() == "")
    }

    @Test("a network of that name is taken over from the same director alone, for the same subnet")
    func again() throws {
        _ = try create(Self.named)
        _ = scene.story()
        _ = try create(Self.named)
        #expect(scene.story() == "")
        var other = Self.named
        other["range"] = "10.10.0.0/24"
        let subnet = #expect(throws: CallFailure.self) { try create(other) }
        #expect(subnet?.message.contains("is there with subnet 10.9.0.0/24") == true)
        other["range"] = "10.9.0.0/25"
        #expect(throws: CallFailure.self) { try create(other) }
        let stranger = #expect(throws: CallFailure.self) {
            try create(["cloud_properties": ["name": "bridge"]])
        }
        #expect(stranger?.message.contains("this director has not made") == true)
    }

    @Test(
        "a network that is there is answered as it is, and refused where something else is asked for"
    )
    func asItIs() throws {
        var definition = Self.named
        definition["gateway"] = "10.9.0.254"
        _ = try create(definition)
        let again = try create(Self.named)
        #expect(again.array?[1]["gateway"] == "10.9.0.254")
        definition["gateway"] = "10.9.0.9"
        let gateway = #expect(throws: CallFailure.self) { try create(definition) }
        #expect(gateway?.message.contains("is there with gateway 10.9.0.254") == true)
        for (key, value) in [("internal", true), ("driver_opts", ["a": "b"])] as [(String, JSON)] {
            var other = Self.named
            other["cloud_properties"][key] = value
            let failure = #expect(throws: CallFailure.self) { try create(other) }
            #expect(failure?.message.contains("network managed is there") == true, "\(key)")
        }
    }

    @Test(
        "a network of another driver, or without the IPv6 that is asked for, is not taken for the one asked for"
    )
    func otherKind() throws {
        var definition = Self.named
        definition["cloud_properties"]["enable_ipv6"] = true
        _ = try create(Self.named)
        let ipv6 = #expect(throws: CallFailure.self) { try create(definition) }
        #expect(ipv6?.message.contains("is there without IPv6") == true, "\(ipv6)")
        scene.docker.state.networks[scene.docker.state.networks.count - 1].driver = "macvlan"
        let driver = #expect(throws: CallFailure.self) { try create(Self.named) }
        #expect(driver?.message.contains("driver macvlan, but bridge") == true, "\(driver)")
    }

    @Test("a Docker without an IPv6 subnet to choose from is not taken for an overlap")
    func outOfAddresses() throws {
        var definition = Self.named
        definition["cloud_properties"]["enable_ipv6"] = true
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/networks/create") else { return nil }
            let words =
                "could not find an available, non-overlapping IPv6 address pool among the defaults"
            return .status(404, words + " to assign to the network")
        }
        let failure = #expect(throws: CallFailure.self) { try create(definition) }
        #expect(failure?.message.contains("with enable_ipv6: this Docker has no IPv6") == true)
        #expect(failure?.message.contains("overlaps with") == false, "\(failure)")
    }

    @Test("an overlap names the network that is in the way, and who is on it")
    func overlap() throws {
        try scene.makeVM()
        let failure = #expect(throws: CallFailure.self) { try create(["range": "10.1.0.0/16"]) }
        #expect(
            failure?.message.contains("net-a (10.1.0.0/24, \(scene.vm) is on it)") == true,
            "\(String(describing: failure))")
    }

    @Test("one whose answer nobody has read is named")
    func unread() throws {
        _ = try create(Self.named)
        let made = try scene.runner.lastOperation().id
        let unread = Event(kind: .replied, at: 0, monotonic: 0, data: #"{"delivered":false}"#)
        let journal = try Journal(directory: scene.runner.directory.path, busyTimeout: 1_000)
        try journal.record([unread], of: made, durable: false)
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let orphan = try #require(try recovery.orphans(sizes: false).first)
        #expect(orphan.kind == .network && orphan.command == "docker network rm \(orphan.name)")
    }

    @Test("it is nobody's orphan, unless its answer may not have arrived")
    func orphans() throws {
        _ = try create(Self.named)
        #expect(try scene.runner.orphans(journal: true).isEmpty)
        let whole = try scene.copy()
        whole.docker.forget()
        _ = try whole.runner.call("create_network", [["range": "10.11.0.0/24"]])
        try scene.kill(.after(whole.docker.count)) {
            try $0.runner.call("create_network", [["range": "10.11.0.0/24"]])
        }
        try scene.runner.recover()
        let named = try scene.runner.orphans(journal: true).map(\.name)
        let made = scene.docker.state.networkNames.filter { $0.hasPrefix("net-") }
        #expect(named == made && made.count == 1)
        // Whoever deletes it has its CID.
        _ = try scene.runner.call("delete_network", [.string(made.first ?? "")])
        #expect(try scene.runner.journal().open().isEmpty)
    }
}
