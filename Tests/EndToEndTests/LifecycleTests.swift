import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("A VM's life through the real executable")
    struct LifecycleTests {
        @Test(
            "A disk's data, the ephemeral volume and the root layer survive attach, reboot and detach"
        )
        func wholeLife() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let vm = try rig.makeVM(
                network, properties: ["memory": 128, "cpus": .number(0.5), "pids_limit": 200])
            let before = try rig.engine.inspectContainer(vm)
            #expect(before.json["HostConfig"]["Memory"] == JSON.integer(128 << 20))
            #expect(before.json["HostConfig"]["NanoCpus"] == 500_000_000)
            try rig.result("set_vm_metadata", [.string(vm), ["job": "db", "index": 0]])
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            _ = try rig.shell(vm, "echo root >/etc/marker; echo data >/var/vcap/data/marker")

            let disk = try rig.makeDisk()
            let attach: JSON = [.string(vm), .string(disk)]
            let hint = try #require(try rig.result("attach_disk", attach).string)
            #expect(hint == "/warden-cpi-dev/\(disk)")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            try rig.mountInAgent(vm, disk, hint: hint)
            _ = try rig.shell(vm, "echo persistent >/var/vcap/store/marker")

            let attached = try rig.engine.inspectContainer(vm)
            #expect(attached.labels["io.bosh.metadata"] == #"{"index":"0","job":"db"}"#)
            #expect(try rig.result("attach_disk", attach).string == hint)
            #expect(
                try rig.engine.inspectContainer(vm).id == attached.id, "a repeat must not restart")

            try rig.result("reboot_vm", [.string(vm)])
            #expect(try rig.engine.inspectContainer(vm).startedAt != attached.startedAt)
            try rig.awaitAgent(vm)
            try checkFiles(rig, vm)
            #expect(try rig.shell(vm, "cat /var/vcap/store/marker") == "persistent")

            #expect(try rig.agent(vm, "unmount_disk", disk).exitCode == 0)
            #expect(try rig.agent(vm, "remove_persistent_disk", disk).exitCode == 0)
            try rig.result("detach_disk", attach)
            #expect(try rig.agent(vm, "ping").exitCode == 0, "detach must wait for the agent")
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            try checkFiles(rig, vm)
            let after = try rig.engine.inspectContainer(vm)
            #expect(address(after) == address(before))
            #expect(after.labels["io.bosh.agent_id"] == before.labels["io.bosh.agent_id"])

            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.result("has_vm", [.string(vm)]) == false)
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            try rig.result("delete_disk", [.string(disk)])
            #expect(
                try rig.call("delete_disk", [.string(disk)]).errorType
                    == "Bosh::Clouds::DiskNotFound")
            #expect(try rig.leftovers([vm, disk]) == [])
        }

        private func checkFiles(_ rig: Rig, _ vm: String) throws {
            #expect(try rig.shell(vm, "cat /etc/marker /var/vcap/data/marker") == "root\ndata")
        }

        private func address(_ container: Container) -> [String?] {
            container.endpoints.values.flatMap {
                [$0["IPAddress"].string, $0["MacAddress"].string]
            }
        }

        @Test("A disk named in disk_cids is mounted from the start, and counts once it is attached")
        func mountedAhead() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let vm = try rig.makeVM(rig.network(), disks: [disk, "disk-that-is-gone"])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            let id = try rig.engine.inspectContainer(vm).id
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(try rig.engine.inspectContainer(vm).id == id, "no restart is needed")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
        }

        @Test("A disk grows by migration: attach the second, copy, detach the first, data kept")
        func migration() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let (small, big) = (try rig.makeDisk(64), try rig.makeDisk(128))
            for disk in [small, big] {
                let hint = try rig.result("attach_disk", [.string(vm), .string(disk)]).string ?? ""
                try rig.mountInAgent(vm, disk, hint: hint)
                if disk == small { _ = try rig.shell(vm, "echo precious >/var/vcap/store/file") }
            }
            let migrated = try rig.agent(vm, "migrate_disk", small, big)
            #expect(migrated.exitCode == 0, "\(migrated.output)\(migrated.errors)")
            #expect(try rig.agent(vm, "unmount_disk", small).exitCode == 0)
            #expect(try rig.agent(vm, "remove_persistent_disk", small).exitCode == 0)
            try rig.result("detach_disk", [.string(vm), .string(small)])
            #expect(try rig.agent(vm, "ping").exitCode == 0)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(big)])
        }

        @Test("A mount that the agent has taken away comes back by a restart, nothing is replaced")
        func unmountedInside() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            let arguments: JSON = [.string(vm), .string(disk)]
            let hint = try rig.result("attach_disk", arguments).string ?? ""
            try rig.mountInAgent(vm, disk, hint: hint)
            #expect(try rig.agent(vm, "unmount_disk", disk).exitCode == 0)
            let id = try rig.engine.inspectContainer(vm).id
            try rig.result("attach_disk", arguments)
            #expect(try rig.engine.inspectContainer(vm).id == id)
            #expect(try rig.shell(vm, "grep -c ' \(hint) ' /proc/self/mountinfo") == "1")
        }

        @Test("API version 1 gets a bare CID and no hint; a director of version 3 gives tags")
        func versions() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let arguments = rig.vmArguments(rig.network())
            for version in [nil, 1] as [Int?] {
                let vm = try rig.call("create_vm", arguments, version: version).result
                #expect(vm.string?.hasPrefix("vm-") == true)
                let disk = try rig.call("create_disk", [16, .null, .null], version: version).result
                let attached = try rig.call("attach_disk", [vm, disk], version: version)
                #expect(attached.result == .null && attached.json["error"].isNull)
                _ = try rig.call("delete_vm", [vm], version: version)
                _ = try rig.call("delete_disk", [disk], version: version)
            }
            let made = try rig.call(
                "create_stemcell",
                [.string(StemcellTrait.image), .null, ["tags": ["team": "a \"b\" $c"]]], version: 3)
            let cid = try #require(made.result.string)
            let image = try #require(try rig.engine.image(cid))
            #expect(image.labels["io.bosh.tag.team"] == "a \"b\" $c")
            #expect(image.labels["io.bosh.stemcell.name"] == "bosh-docker-dev-stemcell")
            try rig.result("delete_stemcell", [made.result])
            try rig.result("delete_stemcell", [made.result])
            #expect(try rig.leftovers([cid]) == [])
        }

        @Test("Two networks: the default gateway decides, both addresses are the VM's")
        func twoNetworks() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            var first = rig.network()
            first["default"] = []
            let second = rig.network(20)
            var arguments = rig.vmArguments(first).array ?? []
            arguments[3] = ["a": first, "b": second]
            let vm = try rig.makeVM(arguments: .array(arguments))
            let disk = try rig.makeDisk()
            for _ in 0..<2 {
                try rig.awaitAgent(vm)
                let endpoints = try rig.engine.inspectContainer(vm).endpoints.values
                let found = Set(endpoints.compactMap { $0["IPAddress"].string })
                #expect(found == Set([first["ip"].string ?? "", second["ip"].string ?? ""]))
                let route = try rig.shell(vm, "ip route | grep default")
                #expect(route.contains(second["gateway"].string ?? "?"), "\(route)")
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
        }
    }
}
