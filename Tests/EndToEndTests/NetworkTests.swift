import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("A VM's networks: the director's, and those that the CPI makes")
    struct NetworkTests {
        @Test("create_network makes one for VMs, nobody's orphan; delete_network removes it")
        func managed() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let answer =
                try rig.result(
                    "create_network",
                    [["type": "manual", "netmask_bits": 24, "cloud_properties": ["zone": "z1"]]]
                ).array ?? []
            try #require(answer.count == 3)
            let cid = try #require(answer[0].string)
            rig.later(.networks) { _ = try? rig.call("delete_network", [.string(cid)]) }
            #expect(answer[2] == ["zone": "z1", "name": .string(cid)])
            let gateway = try #require(answer[1]["gateway"].string)
            #expect(answer[1]["range"].string?.hasSuffix("/24") == true)
            let vm = try rig.makeVM(
                [
                    "type": "manual", "ip": .string(gateway + "0"), "netmask": "255.255.255.0",
                    "gateway": .string(gateway), "default": ["dns", "gateway"],
                    "cloud_properties": answer[2],
                ])
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "ip route").contains("default via \(gateway)"))
            #expect(try !rig.admin("orphans").stdout.contains(cid))
            let refused = try rig.call("delete_network", [.string(cid)])
            #expect(refused.errorMessage == "cannot delete network \(cid): \(vm) is on it")
            try rig.result("delete_vm", [.string(vm)])
            #expect(try !rig.admin("orphans").stdout.contains(cid))
            try rig.result("delete_network", [.string(cid)])
            #expect(try rig.engine.network(cid) == nil)
            let gone = try rig.call("delete_network", [.string(cid)])
            #expect(gone.errorType == "Bosh::Clouds::NetworkNotFound", "\(gone.stdout)")
        }

        @Test("With remove_unused a network goes with the last container on it, stopped ones too")
        func unused() throws {
            let rig = try Rig { $0["networks"] = ["remove_unused": true] }
            defer { rig.tearDown() }
            let network = rig.network()
            let name = network["cloud_properties"]["name"].string ?? ""
            let vm = try rig.makeVM(network)
            let other = try rig.engine.createContainer(
                "stranger-\(name)",
                [
                    "Image": .string(rig.stemcell), "Entrypoint": ["/bin/true"],
                    "HostConfig": ["NetworkMode": .string(name)],
                ]
            ).id
            rig.later { [engine = rig.engine] in
                try? engine.removeContainer(other, force: true)
            }
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.engine.network(name) != nil)
            let second = try rig.makeVM(network)
            try rig.engine.removeContainer(other, force: true)
            try rig.result("delete_vm", [.string(second)])
            #expect(try rig.engine.network(name) == nil)
        }

        @Test("Who has an address is named, be it no VM, and who else is on the network")
        func conflict() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let name = network["cloud_properties"]["name"].string ?? ""
            let vm = try rig.makeVM(network)
            let thief = "thief-\(name)"
            var wanted = network
            wanted["ip"] = .string((network["gateway"].string ?? "") + "99")
            rig.later { [engine = rig.engine] in
                try? engine.removeContainer(thief, force: true)
            }
            _ = try rig.engine.createContainer(
                thief,
                [
                    "Image": .string(rig.stemcell), "Entrypoint": ["/bin/sleep", "600"],
                    "HostConfig": ["NetworkMode": .string(name)],
                    "NetworkingConfig": [
                        "EndpointsConfig": .object([
                            name: ["IPAMConfig": ["IPv4Address": wanted["ip"]]]
                        ])
                    ],
                ])
            try rig.engine.startContainer(thief)
            let answer = try rig.call("create_vm", rig.vmArguments(wanted))
            let ip = wanted["ip"].string ?? ""
            #expect(
                answer.errorMessage.contains("(\(ip) on network \(name) is held by \(thief))"),
                "\(answer.stdout)")
            #expect(answer.errorMessage.contains("also there: \(vm) "))
            #expect(answer.mayRetry == false)
        }

        @Test("BOSH's subnet may be a part of Docker's network, and its name server Docker's own")
        func partOfDockers() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let first = try rig.makeVM(network)
            var part = network
            let subnet = (network["gateway"].string ?? "").dropLast()
            part["ip"] = .string(subnet + "70")
            part["netmask"] = "255.255.255.192"
            part["gateway"] = .string(subnet + "65")
            part["dns"] = ["127.0.0.11"]
            let second = try rig.makeVM(part)
            let container = try rig.engine.inspectContainer(second)
            let name = network["cloud_properties"]["name"].string ?? ""
            #expect(container.endpoints[name]?["IPAddress"] == part["ip"])
            #expect(container.json["HostConfig"]["Dns"].array?.isEmpty ?? true)
            // Docker's name server knows its containers. podman's has the network's gateway for address.
            guard try !TestEngine.isPodman else { return }
            _ = try rig.shell(second, "nslookup \(first) 127.0.0.11")
        }

        @Test(
            "A network removed while its VM is stopped: what the error says brings it back",
            .enabled("podman removes no network that a container is on") {
                try !TestEngine.isPodman
            })
        func removedNetwork() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let name = network["cloud_properties"]["name"].string ?? ""
            let ip = network["ip"].string ?? ""
            let gateway = network["gateway"].string ?? ""
            let vm = try rig.makeVM(network)
            try Outsider(engine: rig.engine).stop(vm)
            try rig.engine.removeNetwork(name)
            let message = try rig.call("reboot_vm", [.string(vm)]).errorMessage
            #expect(
                message.contains("(network \(name) was removed while \(vm) was stopped)"),
                "\(message)")
            #expect(
                message.contains(
                    "docker network connect --ip \(ip) \(name) \(vm); then the call again"))
            try rig.engine.createNetwork([
                "Name": .string(name),
                "IPAM": [
                    "Config": [
                        [
                            "Subnet": .string(gateway.dropLast() + "0/24"),
                            "Gateway": .string(gateway),
                        ]
                    ]
                ],
            ])
            try rig.engine.post(
                "/networks/\(name)/disconnect", [], ["Container": .string(vm), "Force": true])
            try rig.engine.connect(
                vm, to: name, endpoint: ["IPAMConfig": ["IPv4Address": .string(ip)]])
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            let endpoint = try rig.engine.inspectContainer(vm).endpoints[name]
            #expect(endpoint?["IPAddress"].string == ip)
        }

        @Test("A host port and address, a span of ports, and all that the image exposes")
        func ports() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(
                rig.network(),
                properties: [
                    "ports": ["127.0.0.1:16868:6868/tcp", "17000-17001:7000-7001/udp", "7100"],
                    "PublishAllPorts": true,
                ])
            let disk = try rig.makeDisk()
            for _ in 0..<2 {
                try rig.awaitAgent(vm)
                let ports = try rig.engine.inspectContainer(vm).json["NetworkSettings"]["Ports"]
                #expect(
                    ports["6868/tcp"] == [["HostIp": "127.0.0.1", "HostPort": "16868"]], "\(ports)")
                #expect(ports["7001/udp"].array?.first?["HostPort"] == "17001")
                #expect((ports["7100/tcp"].array?.first?["HostPort"].string ?? "") != "")
                if let name = rig.testEngine.privateName {
                    let script =
                        "exec 3<>/dev/tcp/127.0.0.1/16868; echo hi >&3; read -r -t 5 a <&3; echo $a"
                    let run = try Command.run(
                        Rig.root + "/dev/engine", ["in", name, "bash", "-c", script])
                    #expect(run.stdout == "hi\n", "\(run)")
                }
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
        }
    }
}
