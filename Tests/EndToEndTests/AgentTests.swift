import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("What agents read, and when they are up")
    struct AgentTests {
        @Test(
            "A VM of stemcell API version 1 mounts its disk without being told by a director",
            arguments: ["auto", "restart"])
        func versionOne(attach: String) throws {
            let rig = try Rig { $0["attach"] = .string(attach) }
            defer { rig.tearDown() }
            rig.stemcellAPIVersion = 1
            let vm = try rig.makeVM(rig.network(), env: ["bosh": ["password": "kept"]])
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            _ = try rig.shell(vm, "echo root >/etc/marker")
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.awaitAgent(vm)
            let mounted = try rig.agent(vm, "mount_disk", disk)
            #expect(mounted.exitCode == 0, "\(mounted.errors)")
            _ = try rig.shell(vm, "echo precious >/var/vcap/store/file")
            // It boots with the disk in its settings, and finds it mounted.
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file /etc/marker") == "precious\nroot")
            #expect(try rig.agent(vm, "list_disk").output == disk + "\n")
            #expect(try rig.agent(vm, "unmount_disk", disk).exitCode == 0)
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            try rig.awaitAgent(vm)
            #expect(try rig.agent(vm, "known").output == "{}\n")
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            let settings = try rig.shell(
                vm, "jq -r .env.bosh.password /var/vcap/bosh/warden-cpi-agent-env.json")
            #expect(settings == "kept")
            let mode = try rig.shell(
                vm, "stat -c '%a %u' /var/vcap/bosh/warden-cpi-agent-env.json; ls /var/vcap/bosh")
            #expect(mode.hasPrefix("600 0\n") && !mode.contains(".new"))
        }

        @Test(
            "An agent is up when its connection to the bus lasts, be the bus an address or a name",
            arguments: [false, true])
        func bus(hasName: Bool) throws {
            let rig = try Rig { $0["timeouts"]["agent_ready"] = 4 }
            defer { rig.tearDown() }
            let network = rig.network()
            let bus = "bus-\(UUID().uuidString.prefix(8))"
            let ip = (network["gateway"].string ?? "") + "77"
            try rig.set {
                $0["Actions"]["Agent"]["Mbus"] = .string(
                    "nats://a:secret@\(hasName ? bus : ip):4222")
            }
            let vm = try rig.makeVM(network)
            rig.later { [engine = rig.engine] in
                try? engine.removeContainer(bus, force: true)
            }
            let container: JSON = [
                "Image": .string(rig.stemcell), "Entrypoint": ["/bin/sh", "-c"],
                "HostConfig": ["NetworkMode": network["cloud_properties"]["name"]],
                "NetworkingConfig": [
                    "EndpointsConfig": .object([
                        network["cloud_properties"]["name"].string ?? "": [
                            "IPAMConfig": ["IPv4Address": .string(ip)]
                        ]
                    ])
                ],
                "Cmd": ["exec nc -ll -p 4222 -e /bin/cat"],
            ]
            _ = try rig.engine.createContainer(bus, container)
            let disk = try rig.makeDisk()
            let attach: JSON = [.string(vm), .string(disk)]
            let late = try rig.call("attach_disk", attach)
            #expect(late.stderr.contains("is not up after 4 seconds"), "\(late.stderr)")
            #expect(!late.stderr.contains("secret") && !late.stdout.contains("secret"))
            try rig.engine.startContainer(bus)
            sleep(2)
            // The agent is given the time that a busy machine needs.
            try rig.set { $0["timeouts"]["agent_ready"] = 20 }
            let seen = try rig.call("detach_disk", attach)
            #expect(seen.json["error"].isNull, "\(seen.stdout)")
            #expect(!seen.stderr.contains("is not up"), "\(seen.stderr)")
        }
    }
}
