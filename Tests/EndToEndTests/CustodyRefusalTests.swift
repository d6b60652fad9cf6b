import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// The keys of cloud_properties that would break the promise.
    @Suite("Custody: what cannot be kept is refused before anything is stopped")
    struct CustodyRefusalTests {
        @Test("create_vm refuses by name what would break the promise, and makes nothing")
        func properties() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let settings = "/var/vcap/bosh/warden-cpi-agent-env.json"
            func mount(_ target: String) -> JSON {
                [["Type": "volume", "Target": .string(target)]]
            }
            let anonymous = String(repeating: "0123456789abcdef", count: 4)
            _ = try rig.engine.createVolume(anonymous, labels: [:])
            let refused: [(JSON, String)] = [
                (["AutoRemove": true, "RestartPolicy": ["Name": "no"]], "AutoRemove"),
                (["NetworkMode": "host"], "NetworkMode"),
                (["ContainerIDFile": "/tmp/id"], "ContainerIDFile"),
                (["Binds": ["/tmp:/var/vcap/store"]], "Binds[0]"),
                (["Binds": ["/tmp:/t", "/var/vcap/data/"]], "Binds[1]"),
                (["Binds": ["/tmp:/warden-cpi-dev/disk"]], "Binds[0]"),
                (["Binds": [.string("/etc/hostname:\(settings)")]], "Binds[0]"),
                (["Mounts": mount("/var/vcap/data")], "Mounts[0]"),
                (["Mounts": mount("/warden-cpi-dev")], "Mounts[0]"),
                (["Binds": ["/var/run/docker.sock:/var/vcap/sys/run/docker.sock"]], "Binds[0]"),
                // delete_vm would take it for one that Docker has made for the VM.
                (["volumes": [.string("\(anonymous):/precious")]], "volumes[0]"),
            ]
            rig.later(.disks) { try? rig.engine.removeVolume(anonymous) }
            let there = try rig.leftovers(["vm-"])
            for (properties, key) in refused {
                let arguments = rig.vmArguments(rig.network(), properties: properties)
                let answer = try rig.call("create_vm", arguments)
                let message = answer.errorMessage
                #expect(message.contains(key), "\(key): \(answer.stdout)")
                #expect(answer.errorType?.hasPrefix("Bosh::Clouds::") == true, "\(key)")
                if let made = answer.result.array?.first { _ = try rig.call("delete_vm", [made]) }
                #expect(try rig.leftovers(["vm-"]) == there, "\(key)")
            }
            #expect(try rig.engine.volume(anonymous) != nil)
        }

        @Test(
            "a container that Docker would remove at its stop is not stopped",
            arguments: ["attach_disk", "detach_disk", "reboot_vm"])
        func autoRemove(_ method: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let isAttached = method == "detach_disk"
            let custody = try Custody(rig, attached: isAttached).remade { host in
                host["AutoRemove"] = true
                host["RestartPolicy"] = ["Name": "no"]
            }
            let answer = try rig.call(method, custody.arguments(method))
            #expect(answer.errorMessage.contains("AutoRemove"), "\(answer.stdout)")
            let now = try rig.engine.container(custody.vm)
            #expect(now?.isRunning == true)
            #expect(now?.startedAt == custody.before.startedAt)
            #expect(try rig.admin("recover").exitCode == 0, "nothing is left open")
        }

        @Test("how often a restart is tried survives a remount")
        func retryCount() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let policy: JSON = ["Name": "on-failure", "MaximumRetryCount": 3]
            let custody = try Custody(rig, properties: ["RestartPolicy": policy])
            for method in ["attach_disk", "detach_disk"] {
                try rig.result(method, custody.arguments(method))
                let now = try rig.engine.inspectContainer(custody.vm)
                #expect(now.json["HostConfig"]["RestartPolicy"] == policy)
                try custody.check()
            }
            // The way back keeps it as well.
            let failed = try custody.call(
                "attach_disk", { $0.arm("/containers/create", .status500) })
            #expect(!failed.json["error"].isNull)
            let back = try rig.engine.inspectContainer(custody.vm)
            #expect(back.json["HostConfig"]["RestartPolicy"] == policy)
        }

        @Test(
            "a paused VM stays paused, and that is why it is refused",
            arguments: ["attach_disk", "detach_disk"])
        func paused(_ method: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, attached: method == "detach_disk")
            try custody.outsider.pause(custody.vm)
            let answer = try rig.call(method, custody.arguments(method))
            #expect(answer.errorMessage.contains("paused"), "\(answer.stdout)")
            let now = try rig.engine.inspectContainer(custody.vm)
            #expect(now.status == "paused" && now.id == custody.before.id)
            // No container and no mark; the image is that of the disk's attach_disk.
            let left = try rig.leftovers([custody.vm]).filter { !$0.contains(":") }
            #expect(left == [custody.vm, "\(custody.vm)-ephemeral"])
            try custody.outsider.unpause(custody.vm)
            try rig.result(method, custody.arguments(method))
            try custody.check()
        }

        @Test(
            "a removal that hangs ends by timeouts.request",
            arguments: ["delete_vm", "delete_disk"])
        func hangs(_ method: String) throws {
            let rig = try Rig { $0["timeouts"]["request"] = 3 }
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let arguments: JSON = [
                .string(method == "delete_vm" ? custody.vm : custody.disk)
            ]
            rig.machine = ["timeout", "-s", "KILL", "60"]
            let answer = try custody.meet(method, arguments, { $0.arm("DELETE ", .hang) })
            rig.machine = []
            #expect(answer.exitCode == 0 && answer.json.object != nil, "not after a minute")
            let again = try rig.call(method, arguments)
            let isGone = again.errorType == "Bosh::Clouds::DiskNotFound"
            #expect(again.json["error"].isNull || isGone, "\(again.stdout)")
            #expect(try rig.leftovers([arguments.array?.first?.string ?? ""]) == [])
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
        }

        @Test(
            "detach_disk works where the agent's file is a symbolic link",
            arguments: ["own.json", "/etc/own.json"])
        func symbolicLink(_ target: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, attached: true)
            let script = """
                cd /var/vcap/bosh && mv managed_disk_settings.json '\(target)' &&
                ln -s '\(target)' managed_disk_settings.json && sync
                """
            _ = try rig.shell(custody.vm, script)
            #expect(try rig.agent(custody.vm, "unmount_disk", custody.disk).exitCode == 0)
            #expect(try rig.agent(custody.vm, "remove_persistent_disk", custody.disk).exitCode == 0)
            try rig.result("detach_disk", custody.arguments("detach_disk"))
            #expect(try rig.agent(custody.vm, "ping").exitCode == 0, "the agent is up again")
            try custody.check()
            #expect(try rig.result("get_disks", [.string(custody.vm)]) == [])
        }
    }
}
