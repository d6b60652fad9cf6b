import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("A disk comes and goes while the VM runs")
    struct LiveLifecycleTests {
        @Test("Attach, the agent's part, detach: process 1 and the agent run on")
        func wholeLife() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            let heart = try rig.heart(vm)
            try rig.attach(vm, disk)
            #expect(try rig.plan("attach_disk")["change"] == "live attach")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            #expect(try rig.containerRuns("\(disk).pin") == true)
            #expect(try rig.agent(vm, "list_disk").output == disk + "\n")
            _ = try rig.shell(vm, "echo precious >/var/vcap/store/file; sync")
            // Once more: nothing changes.
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(
                try rig.places(disk, in: vm) == ["/warden-cpi-dev/\(disk)", "/var/vcap/store"])
            let refused = try rig.call("delete_disk", [.string(disk)])
            #expect(refused.errorMessage.contains("VM \(vm) has it, as container"))

            _ = try rig.shell(vm, "umount /var/vcap/store")
            #expect(try rig.agent(vm, "unmount_disk", disk).exitCode == 0)
            #expect(try rig.agent(vm, "remove_persistent_disk", disk).exitCode == 0)
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.places(disk, in: vm) == [])
            #expect(try rig.containerRuns("\(disk).pin") == nil)
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            #expect(try rig.heart(vm) == heart)
            #expect(try rig.shell(vm, "ls -A /dev | grep docker_cpi; ls /var/vcap/store") == "")

            // The file is on the disk, for another VM.
            let (other, _) = try rig.vmAndDisk()
            try rig.attach(other, disk)
            #expect(try rig.shell(other, "cat /var/vcap/store/file") == "precious")
            try rig.result("delete_vm", [.string(other)])
            #expect(try rig.containerRuns("\(disk).pin") == nil)
            #expect(try rig.engine.volume(disk) != nil)
            #expect(try rig.admin("recover").exitCode == 0)
            #expect(try !rig.admin("orphans").stdout.contains("disk-"))
        }

        @Test("A whole disk migration while a job writes: no restart, nothing lost")
        func migration() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, small) = try rig.vmWithLiveDisk()
            let heart = try rig.heart(vm)
            let job =
                "while :; do echo x >>/var/vcap/store/log; sleep 0.05; done </dev/null >/dev/null 2>&1 & echo $!"
            let writer = try rig.shell(vm, job)
            let big = try rig.makeDisk(128)
            try rig.attach(vm, big)
            let lines = try #require(Int(try rig.shell(vm, "wc -l </var/vcap/store/log")))
            _ = try rig.shell(vm, "sleep 0.3; kill \(writer)")
            let final = try #require(Int(try rig.shell(vm, "wc -l </var/vcap/store/log")))
            #expect(final > lines, "the job wrote on")
            let migrated = try rig.agent(vm, "migrate_disk", small, big)
            #expect(migrated.exitCode == 0, "\(migrated.output)\(migrated.errors)")
            #expect(try rig.agent(vm, "unmount_disk", small).exitCode == 0)
            #expect(try rig.agent(vm, "remove_persistent_disk", small).exitCode == 0)
            try rig.result("detach_disk", [.string(vm), .string(small)])
            try rig.result("delete_disk", [.string(small)])
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            #expect(try rig.shell(vm, "wc -l </var/vcap/store/log") == String(final))
            #expect(try rig.places(big, in: vm).contains("/var/vcap/store"))
            #expect(
                try rig.shell(vm, "grep -c ' /var/vcap/store_migration_target ' /proc/mounts || :")
                    == "0")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(big)])
            #expect(try rig.heart(vm) == heart)
        }

        @Test(
            "A disk that is in use stays whole: the error names the process",
            arguments: [
                "exec sleep 300 >/var/vcap/store/open", "cd /var/vcap/store/dir; exec sleep 300",
                "exec unshare -m sleep 300",
            ])
        func busy(_ job: String) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            _ = try rig.shell(
                vm,
                "mkdir /var/vcap/store/dir /var/part; mount --bind /var/vcap/store/dir /var/part")
            let pid = try rig.shell(vm, "(\(job)) </dev/null >/dev/null 2>&1 & sleep 0.3; echo $!")
            let heart = try rig.heart(vm)
            let before = try rig.places(disk, in: vm)
            let answer = try rig.call("detach_disk", [.string(vm), .string(disk)])
            #expect(answer.errorMessage.contains("process \(pid) (sleep)"), "\(answer.stdout)")
            #expect(answer.errorMessage.contains("everything is as it was before"))
            #expect(try Set(rig.places(disk, in: vm)) == Set(before))
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            #expect(try rig.containerRuns("\(disk).pin") == true)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            _ = try rig.shell(vm, "kill \(pid); sleep 0.2")
            // Without the agent's part: the store and all the rest are unmounted as well.
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.places(disk, in: vm) == [])
            #expect(try rig.shell(vm, "cat /var/vcap/bosh/managed_disk_settings.json") == "")
            #expect(try rig.heart(vm) == heart)
        }

        @Test("A process that is done with the disk in a moment is waited for")
        func busyForAMoment() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            _ = try rig.shell(
                vm, "(exec sleep 3 >/var/vcap/store/open) </dev/null >/dev/null 2>&1 &")
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.places(disk, in: vm) == [])
        }

        @Test("A VM that is stopped gives its disk back, and starts without it")
        func stopped() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            try rig.engine.stopContainer(vm, seconds: 2)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            let (other, _) = try rig.vmAndDisk()
            try rig.attach(other, disk)
            try rig.result("reboot_vm", [.string(vm)])
            #expect(try rig.places(disk, in: vm) == [])
            #expect(try rig.shell(other, "cat /var/vcap/store/file") == "precious")
        }

        @Test("A VM of an older kind, and one whose disk is in its configuration: by replacement")
        func older() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let custody = try Custody(rig).remade { _ in }
            // As an older version made it: an entry script that knows no list.
            var body = custody.before.json["Config"]
            let script = body["Cmd"].array?.first?.string ?? ""
            body["Cmd"] = [.string(script.replacing("/var/vcap/bosh/live_disks", with: "/nowhere"))]
            body["HostConfig"] = custody.before.json["HostConfig"]
            let endpoints = custody.before.endpoints.mapValues {
                ["IPAMConfig": $0["IPAMConfig"]] as JSON
            }
            body["NetworkingConfig"] = ["EndpointsConfig": .object(endpoints)]
            let vm = custody.vm
            try custody.outsider.remove(vm)
            try rig.engine.post("/containers/create", [("name", vm)], body)
            try custody.outsider.start(vm)
            _ = try rig.shell(vm, "rm -rf /var/vcap/bosh/live_disks")
            try rig.awaitAgent(vm)
            try rig.result("attach_disk", [.string(vm), .string(custody.disk)])
            #expect(try rig.plan("attach_disk")["change"] == "replace")
            #expect(
                try rig.plan("attach_disk")["why"].string?.contains("another version") == true)
            try rig.awaitAgent(vm)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(custody.disk)])
            try rig.result("detach_disk", [.string(vm), .string(custody.disk)])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
        }

        @Test("A VM of the Go CPI goes on by replacement")
        func goCPI() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            try rig.set { $0["timeouts"]["agent_ready"] = 0 }
            let vm = "c-\(UUID().uuidString.lowercased())"
            let body: JSON = [
                "Image": .string(rig.stemcell), "Cmd": ["exec sleep 100000"],
                "Entrypoint": ["/bin/sh", "-c"],
                "HostConfig": [
                    "Privileged": true, "Binds": [.string("vol-eph-\(vm):/var/vcap/data")],
                ],
            ]
            try rig.engine.post("/containers/create", [("name", vm)], body)
            rig.later { _ = try? rig.call("delete_vm", [.string(vm)]) }
            try Outsider(engine: rig.engine).start(vm)
            _ = try rig.shell(vm, "echo kept >/etc/marker; sync")
            let disk = try rig.makeDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(
                try rig.plan("attach_disk")["why"].string?.contains("another version") == true)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            #expect(try rig.shell(vm, "cat /etc/marker") == "kept")
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            #expect(try rig.shell(vm, "cat /etc/marker") == "kept")
        }

        @Test("A replacement takes the VM's live disk along")
        func both() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, first) = try rig.vmWithLiveDisk()
            try rig.set { $0["attach"] = "restart" }
            let second = try rig.makeDisk()
            let hint = try rig.result("attach_disk", [.string(vm), .string(second)]).string ?? ""
            try rig.awaitAgent(vm)
            #expect(try rig.plan("attach_disk")["why"] == "attach is set to restart")
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            try rig.mountInAgent(vm, second, hint: hint)
            let disks = try rig.result("get_disks", [.string(vm)])
            #expect(disks == JSON([first, second].sorted()))
            // Each goes the way it came; neither needs the agent's part.
            let heart = try rig.heart(vm)
            try rig.result("detach_disk", [.string(vm), .string(first)])
            #expect(try rig.heart(vm) == heart)
            try rig.result("detach_disk", [.string(vm), .string(second)])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
        }
    }
}
