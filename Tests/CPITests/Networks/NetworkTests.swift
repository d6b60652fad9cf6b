import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("create_vm's networks become Docker's, or an error that names the field")
struct NetworkTests {
    private func network(_ json: JSON) throws -> BoshNetwork {
        try BoshNetwork(Field(name: "networks.a", value: json))
    }

    @Test(
        "what is wrong is told by its path",
        arguments: [
            (5, "networks.a must be an object"), (["type": "other"], "networks.a.type"),
            (["type": "manual"], "networks.a.ip"),
            (["ip": ""], "networks.a.ip"),
            (["ip": "10.0.0.300", "netmask": "255.0.0.0"], "networks.a.ip"),
            (["ip": "10.0.0.1"], "networks.a.netmask"),
            (["ip": "10.0.0.1", "netmask": "255.0.255.0"], "networks.a.netmask"),
            (["ip": "10.0.0.1", "prefix": "32"], "networks.a.netmask"),
            (["ip": "fd00::1", "netmask": "255.255.255.0"], "networks.a.netmask"),
            (["ip": "10.0.0.1", "netmask": "255.0.0.0", "gateway": "x"], "networks.a.gateway"),
            (
                ["ip": "10.0.0.1", "netmask": "255.0.0.0", "default": "gateway"],
                "networks.a.default"
            ),
            (
                ["ip": "10.0.0.1", "netmask": "255.0.0.0", "cloud_properties": "x"],
                "networks.a.cloud_properties"
            ),
            (
                ["ip": "10.0.0.1", "netmask": "255.0.0.0", "cloud_properties": ["name": "a b"]],
                "networks.a.cloud_properties.name"
            ),
            (
                ["ip": "10.0.0.1", "netmask": "255.0.0.0", "cloud_properties": ["name": "../x"]],
                "networks.a.cloud_properties.name"
            ),
            (["ip": "10.0.0.0", "netmask": "255.255.255.0"], "networks.a.ip is the network"),
            (["ip": "10.0.1.255", "netmask": "255.255.254.0"], "networks.a.ip is the network"),
            (
                ["ip": "10.0.0.1", "netmask": "255.255.255.0", "gateway": "10.0.1.1"],
                "networks.a.gateway is not in 10.0.0.0/24"
            ),
            (["type": "dynamic"], "networks.a.cloud_properties.name"),
            (
                ["type": "dynamic", "cloud_properties": ["name": "x", "enable_ipv6": "yes"]],
                "networks.a.cloud_properties.enable_ipv6"
            ),
        ] as [(JSON, String)])
    func wrong(json: JSON, path: String) {
        #expect { _ = try network(json) } throws: { "\($0)".contains(path) }
    }

    @Test("a prefix does instead of a netmask")
    func prefix() throws {
        #expect(
            try network(["ip": "10.2.3.4", "prefix": "20"]).subnet?.description == "10.2.0.0/20")
        #expect(
            try network(["ip": "10.2.3.4", "prefix": "32", "netmask": "255.255.0.0"]).subnet?
                .description == "10.2.0.0/16")
    }

    @Test("a dynamic network's last address is not asked for again")
    func dynamic() throws {
        let one = try network([
            "type": "dynamic", "ip": "172.17.0.9", "cloud_properties": ["name": "bridge"],
        ])
        #expect(one.ip == nil && one.subnet == nil)
    }

    @Test("a network without a name is the one that has the subnet, else one named for it")
    func unnamed() throws {
        let scene = try Scene()
        let nameless: JSON = ["ip": "10.7.0.5", "netmask": "255.255.255.0"]
        _ = try scene.create(networks: ["x": nameless])
        #expect(scene.docker.state.networkNames.contains("bosh-10.7.0.0-24"))
        scene.docker.state.networks.append(
            .init(id: "n9", name: "theirs", driver: "bridge", subnets: ["10.8.0.0/24"]))
        let answer = try scene.create(
            agent: "b", networks: ["x": ["ip": "10.8.0.5", "netmask": "255.255.255.0"]])
        let cid = try #require(answer.array?.first?.string)
        #expect(scene.docker.state.container(cid)?.endpoints.keys.sorted() == ["theirs"])
    }

    @Test("BOSH's subnet may be a part of Docker's, or the other way round where the address fits")
    func partOfDockers() throws {
        let scene = try Scene()
        scene.docker.state.networks.append(
            .init(id: "n9", name: "director_network", driver: "bridge", subnets: ["10.245.0.0/16"]))
        func create(_ ip: String, _ netmask: String) throws {
            _ = try scene.create(
                agent: ip,
                networks: [
                    "x": [
                        "ip": .string(ip), "netmask": .string(netmask),
                        "cloud_properties": ["name": "director_network"],
                    ]
                ])
        }
        try create("10.245.4.11", "255.255.252.0")
        #expect(!scene.runner.log.text.contains("is there with subnet"))
        try create("10.245.4.12", "255.254.0.0")
        #expect(
            scene.runner.log.text.contains(
                "is there with subnet 10.245.0.0/16: of the 10.244.0.0/15 that is asked for"))
        let failure = #expect(throws: CallFailure.self) {
            try create("10.244.4.12", "255.254.0.0")
        }
        #expect(failure?.message.contains("but 10.244.0.0/15 is asked for") == true)
    }

    @Test(
        "what a network without a name asks for is for the Docker network that it is on, and for no other"
    )
    func unnamedBesideNamed() throws {
        let scene = try Scene()
        _ = try scene.create(networks: [
            "a": Scene.network("net-a", "10.1.0.5"),
            "b": [
                "ip": "10.7.0.5", "netmask": "255.255.255.0",
                "cloud_properties": ["driver": "macvlan", "driver_opts": ["parent": "eth0"]],
            ],
            "c": [
                "type": "vip", "ip": "1.2.3.4",
                "cloud_properties": ["name": "net-a", "driver": "overlay"],
            ],
        ])
        #expect(scene.docker.state.network("net-a")?.driver == "bridge")
        #expect(scene.docker.state.network("bosh-10.7.0.0-24")?.driver == "macvlan")
    }

    @Test("two addresses of one kind on one Docker network are refused; one of each is dual stack")
    func joined() throws {
        let scene = try Scene()
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(networks: [
                "a": Scene.network("n", "10.1.0.5"), "b": Scene.network("n", "10.1.0.6"),
            ])
        }
        #expect(failure?.message.contains("second address") == true)
        let six: JSON = ["ip": "fd00::5", "prefix": "64", "cloud_properties": ["name": "n"]]
        let answer = try scene.create(networks: ["a": Scene.network("n", "10.1.0.5"), "b": six])
        let cid = try #require(answer.array?.first?.string)
        let wish = scene.docker.state.container(cid)?.endpoints["n"]?.config["IPAMConfig"]
        #expect(wish == ["IPv4Address": "10.1.0.5", "IPv6Address": "fd00::5"])
        #expect(scene.docker.state.network("n")?.enableIPv6 == true)
        #expect(scene.docker.state.network("n")?.subnets == ["10.1.0.0/24", "fd00::/64"])
    }

    @Test(
        "a network with nothing but a VIP, or no network at all, is refused",
        arguments: [
            JSON.object([:]), .object(["v": ["type": "vip", "ip": "1.2.3.4"]]),
        ])
    func nothing(networks: JSON) throws {
        let scene = try Scene()
        #expect(throws: CallFailure.self) { try scene.create(networks: networks) }
        #expect(scene.story() == "")
    }

    @Test("gateway, driver and labels go into the network that is made")
    func made() throws {
        let scene = try Scene()
        var wanted = Scene.network("n", "10.1.0.5")
        wanted["gateway"] = "10.1.0.254"
        wanted["cloud_properties"]["driver"] = "macvlan"
        _ = try scene.create(networks: ["a": wanted])
        let network = try #require(scene.docker.state.network("n"))
        #expect(network.gateways == ["10.1.0.254"])
        #expect(network.driver == "macvlan")
        #expect(network.labels["io.bosh.cpi.operation"]?.isEmpty == false)
    }
}

@Suite("cloud_properties of a VM")
struct VMPropertiesTests {
    private func properties(_ json: JSON) throws -> VMProperties {
        try VMProperties(Field(name: "cloud_properties", value: json))
    }

    @Test(
        "what is wrong is told by its name",
        arguments: [
            (["memory": 5], "memory"), (["memory": "512"], "memory"), (["cpus": 0], "cpus"),
            (["cpus": "2"], "cpus"),
            (["pids_limit": 0], "pids_limit"), (["ephemeral_disk": -1], "ephemeral_disk"),
            (["ports": "80"], "ports"),
            (["ports": ["x"]], "ports[0]"), (["ports": ["80/tcp", "70000"]], "ports[1]"),
            (["ports": ["80/sctp"]], "ports[0]"),
            (["Binds": "x"], "Binds"), (["Mounts": 3], "Mounts"),
            (["PortBindings": []], "PortBindings"),
            (["force_start_with_systemd": 1], "force_start_with_systemd"),
        ] as [(JSON, String)])
    func wrong(json: JSON, name: String) {
        #expect { _ = try properties(json) } throws: {
            "\($0)".contains("cloud_properties.\(name)")
        }
    }

    @Test("a contradiction is refused")
    func contradiction() {
        for pair in [
            ["force_start_with_systemd", "force_start_without_systemd"],
            ["force_lxcfs_enabled", "force_lxcfs_disabled"],
        ] {
            #expect(throws: (any Error).self) {
                try properties(.object([pair[0]: true, pair[1]: true]))
            }
        }
    }

    @Test("names with a capital go to Docker, others are ours or somebody else's")
    func passedOn() throws {
        let some = try properties([
            "ShmSize": 1, "Ulimits": [], "zone": "z1", "ports": ["80", "53/udp"], "name": "x",
        ])
        #expect(some.hostConfig == ["ShmSize": 1, "Ulimits": []])
        #expect(some.ports.map(\.port) == ["80/tcp", "53/udp"])
        #expect(try properties(.null).hostConfig.isEmpty)
    }

    @Test("systemd and lxcfs, by configuration and by VM")
    func systemd() throws {
        let scene = try Scene()
        try scene.makeVM(properties: [
            "force_start_with_systemd": true, "force_lxcfs_enabled": true,
        ])
        let container = try #require(scene.container)
        #expect(container.config["StopSignal"] == "SIGRTMIN+3")
        #expect(container.hostConfig["CgroupnsMode"] == "host")
        let binds = (container.hostConfig["Binds"].array ?? []).compactMap(\.string)
        #expect(binds.contains("/sys/fs/cgroup:/sys/fs/cgroup:rw"))
        let mounts = container.hostConfig["Mounts"].array ?? []
        #expect(mounts.contains { $0["Target"] == "/proc/meminfo" })
        scene.docker.state.cgroupVersion = "1"
        let other = try scene.create(
            agent: "b", networks: Scene.dynamicNetwork,
            properties: ["force_start_with_systemd": true, "Privileged": false])
        let second = try #require(scene.docker.state.container(other.array?.first?.string ?? ""))
        let others = (second.hostConfig["Binds"].array ?? []).compactMap(\.string)
        #expect(others.allSatisfy { $0.hasSuffix("-ephemeral:/var/vcap/data") })
        #expect(second.hostConfig["Privileged"] == false)
    }
}
