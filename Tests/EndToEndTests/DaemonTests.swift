import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Only for an Engine of dev/engine, which can be killed without harm to anybody else.
    @Suite(
        "The Docker daemon dies in the middle of a call",
        .enabled(if: TestEngine.all.allSatisfy { $0.privateName != nil }))
    struct DaemonTests {
        @Test(
            "Killed and started again: the VM is whole, before or after the call",
            arguments: [
                ("/commit", "unless-stopped"), ("/rename", "always"),
                ("/exec", "always"),
            ])
        func killed(_ place: String, _ policy: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(
                rig.network(), properties: ["RestartPolicy": ["Name": .string(policy)]])
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            _ = try rig.shell(vm, "echo kept >/etc/marker; echo kept >/var/vcap/data/marker; sync")

            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.onFault = { try? rig.testEngine.daemon("kill") }
            proxy.arm(place, .cut)
            let answer = try rig.through(proxy) {
                try rig.call("attach_disk", [.string(vm), .string(disk)])
            }
            #expect(proxy.disarm())
            #expect(answer.errorMessage.contains("cpi-admin recover"), "\(answer.stdout)")
            try rig.testEngine.daemon("resume")

            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            // An Engine that was killed leaves containers stopped: the director's cck reboots them.
            if try !rig.engine.inspectContainer(vm).isRunning {
                try rig.result("reboot_vm", [.string(vm)])
            }
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /etc/marker /var/vcap/data/marker") == "kept\nkept")
            #expect(try rig.leftovers([vm]).filter { $0.contains(".") } == [])
            #expect(try rig.engine.inspectContainer(vm).restartPolicy == policy)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
        }

        @Test(
            "Started with another storage driver: its VMs are not gone, and come back with the old one",
            .enabled("podman and the image store of containerd have no such choice") {
                try !TestEngine.isPodman
                    && !(ProcessInfo.processInfo.environment["ENGINE_HAS"] ?? "").contains(
                        "containerd")
            })
        func anotherDriver() throws {
            try withSmallEngine("driver", size: "400m") { rig, _ in
                let network = rig.network()
                let vm = try rig.makeVM(network)
                let disk = try rig.makeDisk()
                try rig.awaitAgent(vm)
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                let has = String(rig.socket.dropLast("docker.sock".count)) + "has"
                let usual = try String(contentsOfFile: has, encoding: .utf8)
                try "\(usual) vfs".write(toFile: has, atomically: true, encoding: .utf8)
                try rig.testEngine.daemon("reboot")
                for (method, arguments) in [
                    ("has_vm", [vm]), ("delete_vm", [vm]), ("delete_disk", [disk]),
                ] {
                    let answer = try rig.call(method, JSON(arguments))
                    #expect(answer.errorMessage.contains("may be there"), "\(answer.stdout)")
                }
                let doctor = try rig.admin("doctor")
                #expect(doctor.exitCode == 1 && doctor.stdout.contains("shows 1 VM no more"))
                let orphans = try rig.admin("orphans", "--remove", "volume")
                #expect(
                    orphans.stdout.contains("kept: its VM may be there; docker info"), "\(orphans)")
                try usual.write(toFile: has, atomically: true, encoding: .utf8)
                try rig.testEngine.daemon("reboot")
                #expect(try rig.result("has_vm", [.string(vm)]) == true)
                try rig.awaitAgent(vm)
                #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            }
        }

        @Test("Killed in the middle of create_vm: the VM is made by the next call, and only once")
        func killedCreation() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.onFault = { try? rig.testEngine.daemon("kill") }
            proxy.arm("/start", .dropReply)
            let before = try rig.leftovers(["vm-"])
            let arguments = rig.vmArguments(rig.network())
            let failed = try rig.through(proxy) { try rig.call("create_vm", arguments) }
            #expect(proxy.disarm())
            #expect(failed.errorType == "Bosh::Clouds::VMCreationFailed", "\(failed.stdout)")
            #expect(failed.mayRetry == true, "\(failed.stdout)")
            try rig.testEngine.daemon("resume")
            let made = try rig.result("create_vm", arguments).array?.first?.string
            let vm = try #require(made)
            rig.later { _ = try? rig.call("delete_vm", [.string(vm)]) }
            try rig.awaitAgent(vm)
            let found = try rig.leftovers(["vm-"]).filter { !before.contains($0) }
            #expect(found.sorted() == [vm, "\(vm)-ephemeral"])
            #expect(try rig.admin("recover").exitCode == 0)
        }
    }
}
