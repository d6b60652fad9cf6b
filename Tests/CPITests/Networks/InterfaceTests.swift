import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("What BOSH's networks say of an interface, its addresses and its names")
struct InterfaceTests {
    let scene: Scene
    private let four: JSON = ["ip": "10.1.0.5", "netmask": "255.255.255.0", "nic_group": "1"]
    private let six: JSON = ["ip": "fd00::5", "prefix": "64", "nic_group": "1"]

    init() throws { scene = try Scene() }

    private func failure(_ networks: JSON) -> String {
        let failure = #expect(throws: CallFailure.self) { try scene.create(networks: networks) }
        return failure?.message ?? ""
    }

    @Test("the networks of a nic_group are one endpoint, named or not")
    func group() throws {
        try scene.makeVM(networks: ["four": four, "six": six])
        #expect(scene.container?.endpoints.keys.sorted() == ["bosh-10.1.0.0-24"])
        let endpoint = scene.container?.endpoints["bosh-10.1.0.0-24"]
        #expect(
            endpoint?.config["IPAMConfig"]
                == ["IPv4Address": "10.1.0.5", "IPv6Address": "fd00::5"])
        var named = six
        named["ip"] = "fd01::5"
        named["cloud_properties"] = ["name": "n"]
        var other = four
        other["ip"] = "10.2.0.5"
        let answer = try scene.create(agent: "b", networks: ["four": other, "six": named])
        let vm = try #require(answer.array?.first?.string)
        #expect(scene.docker.state.container(vm)?.endpoints.keys.sorted() == ["n"])
    }

    @Test("a nic_group on two Docker networks is refused, and so is a group of no name")
    func twoNetworks() throws {
        var (one, other) = (four, six)
        one["cloud_properties"] = ["name": "a"]
        other["cloud_properties"] = ["name": "b"]
        #expect(failure(["four": one, "six": other]).contains("four.nic_group: "))
        one["nic_group"] = true
        #expect(failure(["four": one]).contains("networks.four.nic_group must be a string"))
        #expect(scene.story() == "")
    }

    @Test("the CPI makes a network without IPv4 for IPv6 alone, or says that it cannot")
    func sixAlone() throws {
        try scene.makeVM(networks: ["six": six])
        #expect(scene.docker.state.networks.last?.spec["EnableIPv4"] == .null)
        #expect(scene.runner.log.text.contains("knows no network without IPv4"))
        scene.docker.apiVersion = "1.48"
        var other = six
        other["ip"] = "fd01::5"
        _ = try scene.create(agent: "b", networks: ["six": other])
        let spec = scene.docker.state.networks.last?.spec
        #expect(spec?["EnableIPv4"] == false && spec?["EnableIPv6"] == true)
    }

    @Test("a VIP is a label and a line of the settings; it gets no endpoint")
    func vip() throws {
        try scene.makeVM(networks: [
            "a": Scene.network("net-a", "10.1.0.5"),
            "v": ["type": "vip", "ip": "203.0.113.7", "cloud_properties": [:]],
        ])
        #expect(scene.container?.endpoints.keys.sorted() == ["net-a"])
        #expect(scene.container?.labels["io.bosh.vip"] == "203.0.113.7")
        let settings = scene.read("/var/vcap/bosh/warden-cpi-agent-env.json") ?? ""
        let networks = try JSON(parsing: settings.utf8)["networks"]
        #expect(networks["v"]["type"] == "vip" && networks["v"]["ip"] == "203.0.113.7")
        #expect(failure(["v": ["type": "vip", "ip": "x"]]).contains("networks.v.ip"))
        try scene.makeDisk()
        _ = try scene.attach()
        #expect(scene.container?.labels["io.bosh.vip"] == "203.0.113.7")
    }

    @Test("a prefix beside a netmask goes to the agent, and what Docker cannot do is said")
    func prefix() throws {
        var network = Scene.network("net-a", "10.1.0.16")
        network["prefix"] = "28"
        try scene.makeVM(networks: ["a": network])
        #expect(scene.runner.log.text.contains("networks.a.prefix: the agent is told of"))
        let settings = scene.read("/var/vcap/bosh/warden-cpi-agent-env.json") ?? ""
        #expect(try JSON(parsing: settings.utf8)["networks"]["a"]["prefix"] == "28")
        for wrong in ["x", "33", "16"] as [JSON] {
            network["prefix"] = wrong
            #expect(failure(["a": network]).contains("networks.a.prefix"))
        }
    }

    @Test(
        "name servers are those of the network that is the default for dns, unless HostConfig says")
    func dns() throws {
        var (one, two) = (Scene.network("net-a", "10.1.0.5"), Scene.network("net-b", "10.2.0.5"))
        one["dns"] = ["10.0.0.1"]
        one["default"] = ["gateway"]
        two["dns"] = ["10.0.0.2", "fd00::2"]
        two["default"] = ["dns"]
        try scene.makeVM(networks: ["a": one, "b": two])
        #expect(scene.container?.hostConfig["Dns"] == ["10.0.0.2", "fd00::2"])
        try scene.makeDisk()
        _ = try scene.attach()
        #expect(scene.container?.hostConfig["Dns"] == ["10.0.0.2", "fd00::2"])
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        try scene.makeVM(networks: ["a": one], properties: ["Dns": ["9.9.9.9"]])
        #expect(scene.container?.hostConfig["Dns"] == ["9.9.9.9"])
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        one["dns"] = ["127.0.0.11", "10.0.0.3", "::1"]
        try scene.makeVM(networks: ["a": one])
        #expect(scene.container?.hostConfig["Dns"] == ["10.0.0.3"])
        one["dns"] = ["ns.example"]
        #expect(failure(["a": one]).contains("networks.a.dns[0]"))
    }

    @Test("a network of another driver than is asked for by name is refused")
    func driver() throws {
        scene.docker.state.networks.append(
            .init(id: "n9", name: "net-a", driver: "bridge", subnets: ["10.1.0.0/24"]))
        var network = Scene.network("net-a", "10.1.0.5")
        network["cloud_properties"]["driver"] = "macvlan"
        #expect(failure(["a": network]).contains("with driver bridge, but macvlan is asked for"))
    }

    @Test("another gateway than the network has is said, and one that is spelled otherwise is not")
    func gateway() throws {
        scene.docker.state.networks.append(
            .init(
                id: "n9", name: "net-a", driver: "bridge", subnets: ["10.1.0.0/24"],
                gateways: ["10.1.0.1"]))
        var network = Scene.network("net-a", "10.1.0.5")
        network["gateway"] = "10.1.0.1"
        try scene.makeVM(networks: ["a": network])
        let warning = "is there with gateway 10.1.0.1, which the VM's route goes by; 10.1.0.254"
        #expect(!scene.runner.log.text.contains("with gateway"))
        network = Scene.network("net-a", "10.1.0.6")
        network["gateway"] = "10.1.0.254"
        _ = try scene.create(agent: "b", networks: ["a": network])
        #expect(scene.runner.log.text.contains(warning))
    }

    @Test(
        "of several networks the default route goes by the gateway that Docker has, whatever is asked for"
    )
    func route() throws {
        scene.docker.state.networks += [
            .init(
                id: "n9", name: "net-a", driver: "bridge", subnets: ["10.1.0.0/24"],
                gateways: ["10.1.0.254"]),
            .init(
                id: "n8", name: "net-z", driver: "bridge", subnets: ["10.7.0.0/24"],
                gateways: ["10.7.0.1"]),
        ]
        var one = Scene.network("net-a", "10.1.0.5")
        one["gateway"] = "10.1.0.1"
        one["default"] = ["gateway"]
        try scene.makeVM(networks: ["a": one, "b": Scene.network("net-b", "10.2.0.5")])
        #expect(script(scene.vm).contains("route replace default via 10.1.0.254 "))
        #expect(!script(scene.vm).contains("10.1.0.1 "))
        // A dynamic network has no gateway in the manifest.
        let two: JSON = [
            "type": "dynamic", "default": ["dns", "gateway"], "cloud_properties": ["Name": "net-z"],
        ]
        one = Scene.network("net-a", "10.1.0.6")
        one["default"] = []
        let made = try scene.create(agent: "b", networks: ["a": one, "b": two])
        let vm = made.array?.first?.string ?? ""
        #expect(script(vm).contains("route replace default via 10.7.0.1 "))
    }

    private func script(_ vm: String) -> String {
        scene.docker.state.container(vm)?.config["Cmd"].array?.first?.string ?? ""
    }

    @Test("the Go CPI read cloud_properties in any capitals; two spellings are an error")
    func capitals() throws {
        var network = Scene.network("net-a", "10.1.0.5")
        network["cloud_properties"] = ["Name": "net-c", "Driver": "macvlan", "driver_opts": [:]]
        try scene.makeVM(networks: ["a": network])
        #expect(
            scene.docker.state.networks.contains { $0.name == "net-c" && $0.driver == "macvlan" })
        #expect(!scene.runner.log.text.contains("Driver"))
        network["cloud_properties"] = ["Name": "net-c", "name": "net-c"]
        #expect(failure(["a": network]).contains("in two spellings"))
    }

    @Test("who has the address is named, and who else is on the network; or that it is the gateway")
    func conflict() throws {
        try scene.makeVM()
        _ = try scene.create(agent: "b", networks: ["a": Scene.network("net-a", "10.1.0.6")])
        let message = failure(["a": Scene.network("net-a", "10.1.0.6")])
        #expect(message.contains("(10.1.0.6 on network net-a is held by vm-"))
        #expect(message.contains("; also there: \(scene.vm) 10.1.0.5; if no director"))
        var network = Scene.network("net-g", "10.3.0.5")
        network["gateway"] = "10.3.0.254"
        _ = try scene.create(agent: "c", networks: ["a": network])
        (network["ip"], network["gateway"]) = ("10.3.0.254", .null)
        #expect(
            failure(["a": network]).contains("(10.3.0.254 is the gateway of network net-g)"))
    }
}
