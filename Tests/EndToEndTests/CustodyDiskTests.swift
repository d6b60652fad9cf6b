import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Disks, and what is kept and said of them.
    @Suite("Custody: disks")
    struct CustodyDiskTests {
        @Test("a secret in driver_opts is in no answer, no log and no journal")
        func secret() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let secret = "hunter-\(UUID().uuidString)"
            let options: JSON = [
                "type": "cifs", "device": "//127.0.0.1/none",
                "o": .string("username=u,password=\(secret)"),
            ]
            let made = try rig.call("create_disk", [64, ["driver_opts": options], .null])
            let disk = try #require(made.result.string, "\(made.stdout)")
            rig.later(.disks) { _ = try? rig.call("delete_disk", [.string(disk)]) }
            let answer = try rig.call("attach_disk", [.string(custody.vm), .string(disk)])
            #expect(!answer.json["error"].isNull, "it cannot be mounted")
            let recovered = try rig.admin("recover", "--yes")
            var said = [made, answer].flatMap { [$0.stdout, $0.stderr] }
            let show = try rig.admin("journal", "show", "last:attach_disk")
            let story = try rig.story("attach_disk")
            #expect(story["method"].string == "attach_disk")
            for run in [recovered, show, try rig.admin("journal", "export")] {
                said += [run.stdout, run.stderr]
            }
            said.append(story.text)
            for text in said { #expect(!text.contains(secret), "\(text)") }
            let directory = rig.directory + "/journal"
            for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
                guard let bytes = FileManager.default.contents(atPath: "\(directory)/\(name)")
                else { continue }
                #expect(bytes.firstRange(of: Data(secret.utf8)) == nil, "in \(name)")
            }
            try custody.check()
            #expect(try rig.engine.inspectContainer(custody.vm).id == custody.before.id)
        }

        @Test(
            "a disk that was taken out is deleted, though the agent was never seen",
            arguments: [true, false])
        func lateAgent(_ isDown: Bool) throws {
            let rig = try Rig { $0["timeouts"]["agent_ready"] = isDown ? 2 : 0 }
            defer { rig.tearDown() }
            let custody = try Custody(rig, attached: true)
            let vm = custody.vm
            for message in ["unmount_disk", "remove_persistent_disk"] {
                #expect(try rig.agent(vm, message, custody.disk).exitCode == 0)
            }
            // It cannot start at all, or not before somebody has asked for the disk's end.
            let agent = "/var/vcap/bosh/bin/bosh-agent"
            _ = try rig.shell(vm, isDown ? "chmod 0 \(agent)" : "sed -i '2i sleep 6' \(agent)")
            try rig.result("detach_disk", custody.arguments("detach_disk"))
            let answer = try rig.call("delete_disk", [.string(custody.disk)])
            #expect(answer.json["error"].isNull, "\(answer.stdout)")
            #expect(try rig.engine.volume(custody.disk) == nil)
            let files = try rig.shell(vm, "cat /etc/marker /var/vcap/data/marker")
            #expect(files == "kept\nkept")
            if isDown { _ = try rig.shell(vm, "chmod 755 /var/vcap/bosh/bin/bosh-agent") }
            try custody.check()
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.leftovers([vm]) == [])
        }

        @Test(
            "A deletion that failed is finished by no other method",
            arguments: ["attach_disk", "snapshot_disk", "resize_disk"])
        func refusedDeletion(_ method: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let answer = try custody.meet(
                "delete_disk", [.string(custody.disk)], { $0.arm("DELETE ", .broken) })
            #expect(!answer.json["error"].isNull)
            let further: JSON =
                method == "snapshot_disk"
                ? [.string(custody.disk), [:]] : [.string(custody.disk), 128]
            let result = try rig.result(
                method, method == "attach_disk" ? custody.arguments(method) : further)
            #expect(try rig.engine.volume(custody.disk) != nil)
            #expect(try rig.admin("journal", "--open").exitCode == 0)
            if method == "snapshot_disk" { try rig.result("delete_snapshot", [result]) }
            if method == "attach_disk" {
                try rig.result("detach_disk", custody.arguments("detach_disk"))
            }
            try rig.result("delete_disk", [.string(custody.disk)])
            #expect(try rig.engine.volume(custody.disk) == nil)
        }

        @Test("A file that the VM's root has made endless is no end of the CPI's memory")
        func endlessFile() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, attached: true)
            let file = "/var/vcap/bosh/managed_disk_settings.json"
            _ = try rig.shell(custody.vm, "rm -f \(file) && truncate -s 300M \(file)")
            let answer = try rig.call("detach_disk", custody.arguments("detach_disk"))
            #expect(answer.errorMessage.contains("is larger than 64 MiB"), "\(answer.stdout)")
            _ = try rig.shell(custody.vm, "rm -f \(file) && mkdir \(file)")
            try rig.result("detach_disk", custody.arguments("detach_disk"))
            _ = try rig.shell(custody.vm, "rmdir \(file)")
            try custody.check()
        }

        @Test("retention keeps what a VM or disk that still lives needs")
        func retention() throws {
            let rig = try Rig { $0["journal"]["retention_days"] = 90 }
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let disk: JSON = .string(custody.disk)
            try rig.result("set_vm_metadata", [.string(custody.vm), ["job": "custody-job"]])
            try rig.result("resize_disk", [disk, 128])
            try rig.result("has_vm", [.string(custody.vm)])
            let days = 100 * 86_400_000
            try rig.journal(
                """
                UPDATE operations SET started = started - \(days), finished = finished - \(days);
                UPDATE events SET at = at - \(days);
                """)
            for _ in 0..<5 {
                let made = try rig.result("create_disk", [16, [:], .null])
                try rig.result("delete_disk", [made])
            }
            let old = "SELECT count(*) FROM operations WHERE method = 'has_vm'"
            #expect(try rig.query(old) == "0", "what nobody needs is pruned")
            let shrunk = try rig.call("resize_disk", [disk, 100])
            #expect(shrunk.errorType == "Bosh::Clouds::NotSupported", "\(shrunk.stdout)")
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            let labels = try rig.engine.inspectContainer(custody.vm).labels
            let metadata = labels["io.bosh.metadata"] ?? "none"
            #expect(metadata.contains("custody-job"), "\(metadata)")
            // When they are gone, so is that.
            try rig.result("delete_vm", [.string(custody.vm)])
            try rig.result("delete_disk", [disk])
            for _ in 0..<5 {
                let made = try rig.result("create_disk", [16, [:], .null])
                try rig.result("delete_disk", [made])
            }
            let kept = """
                SELECT count(*) FROM operations WHERE method IN ('set_vm_metadata', 'resize_disk')
                AND started < unixepoch() * 1000 - \(days) / 2
                """
            #expect(try rig.query(kept) == "0")
        }

        /// What `bosh create-env` does with a disk, up to the call that is killed.
        private func firstRun(_ rig: Rig, _ method: String, _ place: String) throws
            -> (custody: Custody, kept: String, deleted: String)
        {
            let custody = try Custody(rig, attached: true)
            let vm: JSON = .string(custody.vm)
            let second = try rig.makeDisk()
            if method == "attach_disk" {
                let answer = try custody.meet(method, [vm, .string(second)]) {
                    $0.arm(place, .killBefore)
                }
                #expect(answer.wasKilled)
                return (custody, custody.disk, second)
            }
            let hint = try rig.result("attach_disk", [vm, .string(second)]).string ?? ""
            try rig.awaitAgent(custody.vm)
            try rig.mountInAgent(custody.vm, second, hint: hint)
            let migrated = try rig.agent(custody.vm, "migrate_disk", custody.disk, second)
            #expect(migrated.exitCode == 0, "\(migrated)")
            for message in ["unmount_disk", "remove_persistent_disk"] {
                #expect(try rig.agent(custody.vm, message, custody.disk).exitCode == 0)
            }
            if method == "delete_disk" {
                try rig.result("detach_disk", custody.arguments("detach_disk"))
            }
            let arguments: JSON =
                method == "delete_disk" ? [.string(custody.disk)] : custody.arguments(method)
            let answer = try custody.meet(method, arguments) { $0.arm(place, .killBefore) }
            #expect(answer.wasKilled)
            return (custody, second, custody.disk)
        }

        @Test(
            "create-env, killed while it moves to another disk, passes at its second run",
            arguments: [
                ("attach_disk", "/containers/create"), ("attach_disk", "/exec"),
                ("detach_disk", "/rename"), ("delete_disk", "DELETE "),
            ])
        func createEnv(_ method: String, _ place: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (custody, kept, deleted) = try firstRun(rig, method, place)
            // The second run: the old VM goes, the new one gets all disks of the state file.
            #expect(try rig.result("has_vm", [.string(custody.vm)]) == true)
            try rig.result("delete_vm", [.string(custody.vm)])
            let vm = try rig.makeVM(rig.network(), disks: [kept, deleted])
            try rig.awaitAgent(vm)
            let hint = try rig.result("attach_disk", [.string(vm), .string(kept)]).string ?? ""
            try rig.awaitAgent(vm)
            try rig.mountInAgent(vm, kept, hint: hint)
            // The CLI takes DiskNotFound for success: create_vm may have settled the old call.
            let gone = try rig.call("delete_disk", [.string(deleted)])
            let isGone = gone.errorType == "Bosh::Clouds::DiskNotFound"
            #expect(gone.json["error"].isNull || isGone, "\(gone.stdout)")
            #expect(try rig.engine.volume(deleted) == nil)
            #expect(try rig.agent(vm, "ping").exitCode == 0, "the agent is up")
            #expect(try rig.shell(vm, "cat /var/vcap/store/marker") == "kept")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(kept)])
            #expect(try rig.engine.inspectContainer(vm).mounts.contains { $0.name == kept })
        }
    }
}
