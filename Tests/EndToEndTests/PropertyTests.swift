import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("What properties and configuration ask for is what the VM gets")
    struct PropertyTests {
        @Test("A stemcell may be no more than a tar: a VM starts from it")
        func unpacked() throws { try checkPacked("cat") }

        @Test(
            "A stemcell may be packed in any way that Docker reads: a VM starts from it",
            .enabled("podman imports nothing but tar and gzip") { try !TestEngine.isPodman },
            arguments: ["xz -1", "zstd", "bzip2"])
        func packings(_ packer: String) throws { try checkPacked(packer) }

        private func checkPacked(_ packer: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let image = rig.directory + "/image"
            let packed = try Command.run(
                "/bin/sh", ["-c", "gzip -dc <'\(StemcellTrait.image)' | \(packer) >'\(image)'"])
            try #require(packed.exitCode == 0, "\(packed.stderr)")
            let made = try rig.call("create_stemcell", [.string(image), ["name": "packed"]])
            if packer == "zstd", try rig.engine.version() < APIVersion(1, 42) {
                // Engines before 23 do not know it, and say so.
                #expect(made.errorType == "Bosh::Clouds::CloudError", "\(made.stdout)")
                return #expect(made.errorMessage.contains("zstd"), "\(made.stdout)")
            }
            // The Engine runs a command of its host for this one.
            if made.errorMessage.contains("executable file not found") { return }
            let stemcell = try #require(made.result.string, "\(made.stdout)")
            rig.later(.networks) { _ = try? rig.call("delete_stemcell", [made.result]) }
            var arguments = rig.vmArguments(rig.network()).array ?? []
            arguments[1] = .string(stemcell)
            let vm = try rig.makeVM(arguments: .array(arguments))
            try rig.awaitAgent(vm)
        }

        @Test("An import may take longer than any other request")
        func longImport() throws {
            let rig = try Rig { $0["timeouts"]["request"] = 1 }
            defer { rig.tearDown() }
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("/images/create", .delay)
            let made = try rig.through(proxy) {
                try rig.result(
                    "create_stemcell", [.string(StemcellTrait.image), ["name": "slow"]])
            }
            #expect(proxy.disarm())
            try rig.result("delete_stemcell", [made])
        }

        @Test("On a dynamic network Docker chooses the address, and a disk comes and goes")
        func dynamicNetwork() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = try TestEngine.defaultNetwork
            let vm = try rig.makeVM(
                [
                    "type": "dynamic", "default": ["dns", "gateway"],
                    "cloud_properties": ["name": .string(network)],
                ])
            try rig.awaitAgent(vm)
            let disk = try rig.makeDisk()
            for method in ["attach_disk", "detach_disk"] {
                try rig.result(method, [.string(vm), .string(disk)])
                try rig.awaitAgent(vm)
                let address = try rig.engine.inspectContainer(vm).endpoints[network]?["IPAddress"]
                #expect(address?.string?.isEmpty == false)
            }
        }

        @Test("One Docker network for an IPv4 and an IPv6 network: the VM has both addresses")
        func dualStack() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let four = rig.network()
            let subnet = (four["ip"].string ?? "").split(separator: ".")[2]
            let address = "fd00:246:\(subnet)::10"
            var arguments = rig.vmArguments(four).array ?? []
            arguments[3] = [
                "four": four,
                "six": [
                    "type": "manual", "ip": .string(address), "prefix": "64",
                    "cloud_properties": four["cloud_properties"],
                ],
            ]
            let vm = try rig.makeVM(arguments: .array(arguments))
            let disk = try rig.makeDisk()
            for _ in 0..<2 {
                let endpoint = try rig.engine.inspectContainer(vm).endpoints.values.first
                #expect(endpoint?["IPAddress"] == four["ip"])
                #expect(endpoint?["GlobalIPv6Address"].string == address)
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
        }

        @Test("A port that is asked for is published, and stays so when a disk is attached")
        func ports() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network(), properties: ["ports": ["6868/tcp"]])
            try rig.awaitAgent(vm)
            let disk = try rig.makeDisk()
            for _ in 0..<2 {
                let published = try rig.engine.inspectContainer(vm).json["NetworkSettings"]["Ports"]
                let port = try #require(published["6868/tcp"].array?.first?["HostPort"].string)
                if let name = rig.testEngine.privateName {
                    let script =
                        "exec 3<>/dev/tcp/127.0.0.1/\(port); echo hi >&3; read -r -t 5 a <&3; echo $a"
                    let run = try Command.run(
                        Rig.root + "/dev/engine", ["in", name, "bash", "-c", script])
                    #expect(run.stdout == "hi\n", "\(run)")
                }
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
        }

        @Test("The Docker socket reaches a director's VM as bosh-deployment writes it")
        func socket() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            // Its docker/unix-sock.yml: lower case, and the host as the CPI is configured.
            let mount: JSON = [
                "type": "bind", "source": .string(rig.testEngine.host),
                "target": "/docker/docker.sock",
            ]
            let vm = try rig.makeVM(rig.network(), properties: ["mounts": [mount]])
            #expect(try rig.shell(vm, "test -S /docker/docker.sock && echo yes") == "yes")
        }

        @Test("Unprivileged VMs where the configuration says so, privileged ones by their property")
        func unprivileged() throws {
            let rig = try Rig { $0["privileged"] = false }
            defer { rig.tearDown() }
            let network = rig.network()
            let vm = try rig.makeVM(network)
            let disk = try rig.makeDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            let host = try rig.engine.inspectContainer(vm).json["HostConfig"]
            #expect(host["Privileged"] == false)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            try rig.result("delete_vm", [.string(vm)])
            let other = try rig.makeVM(network, properties: ["Privileged": true])
            #expect(try rig.engine.inspectContainer(other).json["HostConfig"]["Privileged"] == true)
        }

        @Test("With systemd the init is /sbin/init, with the cgroups and the stop signal it needs")
        func systemd() throws {
            let rig = try Rig { $0["start_containers_with_systemd"] = true }
            defer { rig.tearDown() }
            let version = try rig.engine.info()["CgroupVersion"].string ?? "?"
            let doctor = try rig.admin("doctor").stdout.split(separator: "\n")
            let line = doctor.first { $0.hasPrefix("cgroups ") } ?? ""
            #expect(line.contains("version \(version)"), "\(doctor)")
            let network = rig.network()
            let vm = try rig.makeVM(network)
            let container = try rig.engine.inspectContainer(vm)
            #expect(container.stopsAsSystemd)
            #expect(try container.hasHostsCgroups)
            #expect(try rig.shell(vm, "tr '\\0' ' ' </proc/1/cmdline").contains("init"))
            try rig.result("delete_vm", [.string(vm)])
            let other = try rig.makeVM(network, properties: ["force_start_without_systemd": true])
            try rig.awaitAgent(other)
        }

        @Test("create_vm waits for the agent when it is told to, and fails without it")
        func agentReadyOnCreate() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let subnet = Rig.subnets.next()
            let bus = try rig.makeVM(rig.network(subnet, 10))
            try rig.awaitAgent(bus)
            var configuration = rig.configuration
            configuration["Actions"]["Agent"]["Mbus"] =
                .string("nats://nats:top-secret@10.246.\(subnet).10:4222")
            configuration["timeouts"]["agent_ready_on_create"] = 2
            try rig.save(configuration)
            let before = try rig.leftovers(["vm-"])
            let failed = try rig.call("create_vm", rig.vmArguments(rig.network(subnet, 11)))
            #expect(failed.errorType == "Bosh::Clouds::VMCreationFailed", "\(failed.stdout)")
            #expect(failed.errorMessage.contains("agent"), "\(failed.errorMessage)")
            #expect(!failed.stdout.contains("top-secret"))
            #expect(try rig.leftovers(["vm-"]) == before)

            _ = try rig.shell(bus, "setsid nc -ll -p 4222 -e /bin/cat </dev/null >/dev/null 2>&1 &")
            configuration["timeouts"]["agent_ready_on_create"] = 20
            try rig.save(configuration)
            let vm = try rig.makeVM(rig.network(subnet, 12))
            #expect(try rig.agent(vm, "ping").exitCode == 0, "nobody has waited for the agent")
            let disk = try rig.makeDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(try rig.agent(vm, "ping").exitCode == 0, "attach_disk waits as well")
        }

        @Test("cloud_properties that mean nothing here are named on stderr and in the journal")
        func unknownProperties() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let arguments = rig.vmArguments(
                rig.network(), properties: ["memroy": 128, "instance_type": "m1.small"])
            let answer = try rig.call("create_vm", arguments)
            let vm = try #require(answer.result.array?.first?.string)
            rig.later { _ = try? rig.call("delete_vm", [.string(vm)]) }
            #expect(answer.stderr.contains("instance_type, memroy"), "\(answer.stderr)")
            #expect(
                try rig.admin("journal", "show", "last").stdout.contains("instance_type, memroy"))
        }

        @Test("A proxy in the environment is not for a local socket")
        func proxy() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let proxy = "http://127.0.0.1:9"
            let answer = try rig.send(
                Rig.request("has_disk", ["disk-none"]),
                environment: ["http_proxy": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy])
            #expect(answer.result == false, "\(answer.stdout)")
        }

        @Test("Calls older than the retention leave the journal, open ones do not")
        func retention() throws {
            let rig = try Rig { $0["journal"]["retention_days"] = 2 }
            defer { rig.tearDown() }
            for _ in 0..<3 { try rig.result("info", []) }
            let days = "3 * 86400000"
            let old = "started = started - \(days), finished = finished - \(days)"
            try rig.journal(
                "UPDATE operations SET \(old); UPDATE operations SET state = 'parked' "
                    + "WHERE id = (SELECT max(id) FROM operations)")
            _ = try rig.makeDisk()
            let list = try JSON(parsing: rig.admin("journal", "--json").stdout.utf8)
            let found = list["operations"].array?.compactMap { $0["method"].string }
            #expect(found == ["create_disk", "info"])
        }
    }
}
