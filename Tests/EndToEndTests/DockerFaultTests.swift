import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Docker at its worst")
    struct DockerFaultTests {
        /// An attach_disk at whose request `place` something happens behind its back.
        private func attach(
            _ rig: Rig, at place: String, _ fault: WireProxy.Fault = .pass,
            _ happening: @escaping (_ vm: String, _ disk: String) -> Void = { _, _ in }
        ) throws -> (vm: String, disk: String, answer: Answer) {
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            _ = try rig.shell(vm, "echo kept >/etc/marker; sync")
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.onFault = { happening(vm, disk) }
            proxy.arm(place, fault)
            let answer = try rig.through(proxy) {
                try rig.call("attach_disk", [.string(vm), .string(disk)])
            }
            #expect(proxy.disarm())
            return (vm, disk, answer)
        }

        private func checkUnchanged(_ rig: Rig, _ vm: String) throws {
            try rig.checkKept(vm)
            #expect(try rig.leftovers([vm]) == [vm, "\(vm)-ephemeral"])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
        }

        @Test(
            "The disk is removed in the middle of attach_disk: DiskNotFound, and no new empty one")
        func volumeRemoved() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk, answer) = try attach(rig, at: "/commit") { _, disk in
                try? rig.engine.removeVolume(disk)
            }
            #expect(answer.errorType == "Bosh::Clouds::DiskNotFound", "\(answer.stdout)")
            try checkUnchanged(rig, vm)
            #expect(try rig.result("has_disk", [.string(disk)]) == false)
        }

        @Test("The committed image is removed before the new container is made: all is as before")
        func imageRemoved() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk, answer) = try attach(rig, at: "/containers/create") { vm, _ in
                for tag in (try? rig.engine.imageTags(["reference": [vm]])) ?? [] {
                    try? rig.engine.removeImage(tag)
                }
            }
            #expect(answer.errorMessage.contains("Rolled back"), "\(answer.stdout)")
            try checkUnchanged(rig, vm)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
        }

        @Test(
            "The network is removed while the VM is stopped: nothing is lost, a person is told",
            .enabled("podman removes no network that a container is on") {
                try !TestEngine.isPodman
            })
        func networkRemoved() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk, answer) = try attach(rig, at: "/containers/create") { vm, _ in
                let endpoints = (try? rig.engine.inspectContainer(vm).endpoints) ?? [:]
                for name in endpoints.keys { try? rig.engine.removeNetwork(name) }
            }
            #expect(answer.errorMessage.contains("network"), "\(answer.stdout)")
            #expect(answer.errorMessage.contains("cpi-admin recover"), "\(answer.stdout)")
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 1 && recovered.stdout.contains("network"), "\(recovered)")
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            // What a director does then: recreate the VM.
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.leftovers([vm]) == [])
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test("A removal that is in progress already is waited for")
        func removalInProgress() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _, answer) = try attach(rig, at: "DELETE", .busy)
            #expect(answer.json["error"].isNull && answer.stderr.isEmpty, "\(answer)")
            let proxy = try WireProxy(rig.directory + "/proxy2.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("DELETE", .busy)
            try rig.through(proxy) { _ = try rig.result("delete_vm", [.string(vm)]) }
            #expect(proxy.disarm())
            #expect(try rig.leftovers([vm]) == [])
        }

        @Test("A proxy's page is no word of Docker's: nothing counts as gone")
        func page() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            for place in ["GET /v", "DELETE /v"] {
                let proxy = try WireProxy(rig.directory + "/page.sock", upstream: rig.socket)
                defer { proxy.stop() }
                proxy.arm(place, .page)
                let answer = try rig.through(proxy) {
                    try rig.call("delete_disk", [.string(disk)])
                }
                #expect(proxy.disarm())
                #expect(answer.errorMessage.contains("a page that is not Docker's"), "\(answer)")
                #expect(try rig.result("has_disk", [.string(disk)]) == true)
            }
            try rig.result("delete_disk", [.string(disk)])
            #expect(try rig.result("has_disk", [.string(disk)]) == false)
        }

        @Test(
            "A request that a hung daemon carries out when the call has gone back is put in order",
            arguments: ["/rename", "/containers/create"])
        func late(_ place: String) throws {
            let rig = try Rig { $0["timeouts"]["request"] = 2 }
            defer { rig.tearDown() }
            let (vm, disk, answer) = try attach(rig, at: place, .late)
            #expect(answer.errorMessage.contains("Rolled back"), "\(answer.stdout)")
            sleep(10)
            var patient = rig.configuration
            patient["timeouts"]["request"] = 60
            try rig.save(patient)
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.checkKept(vm)
            #expect(try rig.leftovers([vm]).filter { $0.contains(".") } == [])
        }

        @Test("A network whose addresses are used up: create_vm says so and leaves nothing")
        func exhaustedPool() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let subnet = Rig.subnets.next()
            let name = "cpi-e2e-\(subnet)"
            rig.later(.networks) { try? rig.engine.removeNetwork(name) }
            try rig.engine.createNetwork([
                "Name": .string(name),
                "IPAM": ["Config": [["Subnet": .string("10.246.\(subnet).0/30")]]],
            ])
            let network: JSON = ["type": "dynamic", "cloud_properties": ["name": .string(name)]]
            _ = try rig.makeVM(network)
            let before = try rig.leftovers(["vm-"])
            let answer = try rig.call("create_vm", rig.vmArguments(network))
            #expect(answer.errorType == "Bosh::Clouds::VMCreationFailed", "\(answer.stdout)")
            #expect(
                ["no available", "failed to find free IP"].contains {
                    answer.errorMessage.contains($0)
                }, "\(answer.stdout)")
            #expect(try rig.leftovers(["vm-"]) == before)
        }

        @Test(
            "A container that Docker could not remove is dead: deleting again ends it",
            .enabled("podman forgets a container that it could not remove") {
                try !TestEngine.isPodman
            },
            .enabled(if: geteuid() == 0 && TestEngine.all.allSatisfy { $0.privateName != nil }))
        func deadContainer() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            _ = try rig.shell(vm, "echo x >/etc/stubborn")
            let graph = try rig.engine.inspectContainer(vm).json["GraphDriver"]["Data"]
            let file = try #require(graph["UpperDir"].string) + "/etc/stubborn"
            let locked = try Command.run("/usr/bin/chattr", ["+i", file])
            try #require(locked.exitCode == 0, "\(locked.stderr)")
            defer { _ = try? Command.run("/usr/bin/chattr", ["-i", file]) }
            let failed = try rig.call("delete_vm", [.string(vm)])
            #expect(failed.errorMessage.contains("cpi-admin recover"), "\(failed.stdout)")
            #expect(try rig.engine.inspectContainer(vm).status == "dead")
            #expect(try rig.admin("recover", "--yes").exitCode == 1)
            _ = try Command.run("/usr/bin/chattr", ["-i", file])
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.leftovers([vm]) == [])
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test(
            "Docker's disk is full during a commit and an import: all is as before",
            .enabled(if: geteuid() == 0 && TestEngine.all.allSatisfy { $0.privateName != nil }))
        func fullDisk() throws {
            try withSmallEngine("full", size: "160m") { rig, tmpfs in
                let vm = try rig.makeVM(rig.network())
                let disk = try rig.makeDisk()
                try rig.awaitAgent(vm)
                _ = try rig.shell(
                    vm, "echo kept >/etc/marker; head -c 30000000 /dev/urandom >/etc/big; sync")
                let sum = try rig.shell(vm, "sha256sum </etc/big")
                tmpfs.fill()
                let attached = try rig.call("attach_disk", [.string(vm), .string(disk)])
                // podman has a database on that disk.
                let words = try TestEngine.isPodman ? "disk is full" : "no space left"
                #expect(attached.errorMessage.contains(words), "\(attached.stdout)")
                let imported = try rig.call(
                    "create_stemcell", [.string(StemcellTrait.image), ["name": "small"]])
                #expect(imported.errorMessage.contains("no space left"), "\(imported.stdout)")
                tmpfs.empty()
                #expect(try rig.admin("recover", "--yes").exitCode == 0)
                try checkUnchanged(rig, vm)
                #expect(try rig.leftovers(["stemcell:"]) == [rig.stemcell])
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                #expect(try rig.shell(vm, "sha256sum </etc/big") == sum)
            }
        }
    }
}
