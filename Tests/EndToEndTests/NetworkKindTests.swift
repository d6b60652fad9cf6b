import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Networks of one interface, of one family, and of drivers other than bridge")
    struct NetworkKindTests {
        @Test(
            "A nic_group is one interface with both families; it stays so when a disk is attached")
        func nicGroup() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            var four = rig.network()
            let name = "bosh-" + (four["ip"].string ?? "").replacing(/10$/, with: "0-24")
            rig.later(.networks) { [engine = rig.engine] in try? engine.removeNetwork(name) }
            four["cloud_properties"] = [:]
            four["nic_group"] = "1"
            four["dns"] = ["10.246.0.53"]
            let six = address(four)
            var arguments = rig.vmArguments(four).array ?? []
            arguments[3] = [
                "four": four, "vip": ["type": "vip", "ip": "203.0.113.7", "cloud_properties": [:]],
                "six": [
                    "type": "manual", "ip": .string(six), "prefix": "64", "nic_group": "1",
                    "cloud_properties": [:],
                ],
            ]
            let vm = try rig.makeVM(arguments: .array(arguments))
            let disk = try rig.makeDisk()
            for _ in 0..<2 {
                try rig.awaitAgent(vm)
                let container = try rig.engine.inspectContainer(vm)
                #expect(container.endpoints.keys.sorted() == [name])
                #expect(container.endpoints[name]?["IPAddress"] == four["ip"])
                #expect(container.endpoints[name]?["GlobalIPv6Address"].string == six)
                if try rig.engine.version() >= .gatewayPriority {
                    #expect(container.endpoints[name]?["GwPriority"] == 1)
                }
                #expect(container.json["HostConfig"]["Dns"] == ["10.246.0.53"])
                #expect(container.labels["io.bosh.vip"] == "203.0.113.7")
                #expect(try rig.shell(vm, "ls /sys/class/net | grep -c eth") == "1")
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
        }

        @Test("IPv6 alone: two VMs reach each other; without IPv4 where the Engine can do that")
        func sixAlone() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let four = rig.network()
            var network = four
            network["ip"] = .string(address(four))
            network["netmask"] = "ffff:ffff:ffff:ffff::"
            network["gateway"] = .string(address(four, "1"))
            let vm = try rig.makeVM(network)
            var second = network
            second["ip"] = .string(address(four, "11"))
            let other = try rig.makeVM(second)
            try rig.awaitAgent(other)
            let reach = "ping -6 -c 1 -W 5 \(address(four)) >/dev/null && echo reached"
            #expect(try rig.shell(other, reach) == "reached")
            #expect(
                try rig.shell(other, "ip -6 route").contains("default via \(address(four, "1"))"))
            // As a director writes them.
            second["ip"] = .string(
                address(four).replacing("::", with: ":0000:0000:0000:0000:").replacing(
                    /:10$/, with: ":0010"))
            let refusal = try rig.call("create_vm", rig.vmArguments(second)).errorMessage
            #expect(refusal.contains("is held by \(vm)"), "\(refusal)")
            let endpoint = try rig.engine.inspectContainer(vm).endpoints.values.first
            let isAlone = try rig.engine.version() >= .networksWithoutIPv4
            #expect((endpoint?["IPAddress"].string ?? "").isEmpty == isAlone)
            let shown = try JSON(parsing: rig.admin("vm", vm, "--json").stdout.utf8)
            let addresses = shown["networks"].array?.first?["addresses"].array ?? []
            #expect(addresses.last?.string == address(four) && (addresses.count == 1) == isAlone)
        }

        @Test("macvlan by its options: VMs reach each other")
        func macvlan() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            // The bridge has a carrier, and its macvlans too, while a container is on it.
            let name = try TestEngine.defaultNetwork
            _ = try rig.makeVM(["type": "dynamic", "cloud_properties": ["name": .string(name)]])
            let bridge = name == "bridge" ? "docker0" : name + "0"
            try checkReach(rig, "macvlan", (key: "parent", value: bridge))
        }

        @Test(
            "An attachable overlay of a swarm: VMs reach each other",
            .enabled("podman has no swarm") { try !TestEngine.isPodman })
        func overlay() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            rig.later(.networks) { [engine = rig.engine] in
                try? engine.order("/swarm/leave", [("force", "1")])
            }
            try rig.engine.order(
                "/swarm/init", [],
                ["ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"])
            try checkReach(
                rig, "overlay", (key: "com.docker.network.driver.mtu", value: "1400"))
        }

        @Test("What directors do not need is NotImplemented, and info says what there is")
        func notImplemented() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            for (method, arguments) in [
                ("ping", []), ("current_vm_id", []), ("configure_networks", ["vm-1", [:]]),
            ] as [(String, JSON)] {
                let answer = try rig.call(method, arguments)
                #expect(answer.errorType == "Bosh::Clouds::NotImplemented", "\(answer.stdout)")
                #expect(answer.errorMessage == "there is no method \(method) here")
                #expect(answer.mayRetry == false && answer.exitCode == 0)
            }
            #expect(
                try rig.result("info", []) == [
                    "api_version": 3,
                    "stemcell_formats": ["warden-tar", "general-tar", "docker-light"],
                ])
        }

        /// Two VMs on a network of a driver with one option, the second of them with a disk.
        private func checkReach(
            _ rig: Rig, _ driver: String, _ option: (key: String, value: String)
        ) throws {
            var network = rig.network()
            network["cloud_properties"]["driver"] = .string(driver)
            network["cloud_properties"]["driver_opts"] = [option.key: .string(option.value)]
            let vm = try rig.makeVM(network)
            let name = network["cloud_properties"]["name"].string ?? ""
            let made = try #require(try rig.engine.network(name))
            #expect(made.driver == driver)
            // podman takes a parent for the network's interface, and shows it in its own API alone.
            if try !TestEngine.isPodman {
                #expect(made.json["Options"][option.key].string == option.value)
            }
            var second = network
            second["ip"] = .string((network["gateway"].string ?? "") + "55")
            let other = try rig.makeVM(second)
            let disk = try rig.makeDisk()
            try rig.result("attach_disk", [.string(other), .string(disk)])
            try rig.awaitAgent(other)
            let reach = "ping -c 1 -W 5 \(network["ip"].string ?? "") >/dev/null && echo reached"
            #expect(try rig.shell(other, reach) == "reached", "\(driver)")
            for one in [vm, other] { try rig.result("delete_vm", [.string(one)]) }
            try rig.engine.removeNetwork(name)
        }

        /// An IPv6 address that goes with an IPv4 one of the test's own.
        private func address(_ network: JSON, _ host: String = "10") -> String {
            let subnet = (network["ip"].string ?? "").split(separator: ".")[2]
            return "fd00:247:\(subnet)::\(host)"
        }
    }
}
