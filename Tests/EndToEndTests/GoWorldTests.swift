import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("What the Go CPI left goes on with every method")
    struct GoWorldTests {
        @Test("A VM with a disk: reboot, detach, attach, migration, and nothing of it is lost")
        func attached() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let world = try GoWorld(rig, attached: true)
            let (vm, disk) = (world.vm, world.disk)
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            _ = try rig.shell(
                vm, "echo precious >/var/vcap/store/file; echo kept >/etc/marker; sync")
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            // It asks for no MAC: from 28 on Docker has given it another one.
            let before = try rig.engine.inspectContainer(vm)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            try rig.result("set_vm_metadata", [.string(vm), ["job": "x"]])
            #expect(try world.disksInSettings() == [.string(disk)])

            #expect(try rig.agent(vm, "unmount_disk", disk).exitCode == 0)
            #expect(try rig.agent(vm, "remove_persistent_disk", disk).exitCode == 0)
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.plan("detach_disk")["change"] == "replace")
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            #expect(try world.disksInSettings() == [])
            try rig.awaitAgent(vm)
            try world.checkSame(as: before)

            // From now on it has what our VMs have.
            let heart = try rig.heart(vm)
            try rig.attach(vm, disk)
            #expect(try rig.heart(vm) == heart)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            let second = try rig.makeDisk()
            try rig.attach(vm, second)
            let migrated = try rig.agent(vm, "migrate_disk", disk, second)
            #expect(migrated.exitCode == 0, "\(migrated.output)\(migrated.errors)")
            _ = try rig.agent(vm, "unmount_disk", disk)
            _ = try rig.agent(vm, "remove_persistent_disk", disk)
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.heart(vm) == heart)
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file /etc/marker") == "precious\nkept")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(second)])

            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.leftovers([vm, "vol-eph-\(vm)"]) == [])
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            try rig.result("delete_disk", [.string(disk)])
            #expect(try rig.result("has_disk", [.string(disk)]) == false)
        }

        @Test(
            "A first disk is attached by replacement; an agent that needs it finds it in its settings"
        )
        func firstDisk() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            for version in [1, 3] {
                let world = try GoWorld(rig)
                let before = try rig.engine.inspectContainer(world.vm)
                _ = try rig.shell(world.vm, "echo kept >/etc/marker; sync")
                let hint = try world.call(version, "attach_disk").string ?? ""
                #expect(hint == "/warden-cpi-dev/\(world.disk)")
                #expect(try world.disksInSettings() == (version == 1 ? [.string(world.disk)] : []))
                try rig.awaitAgent(world.vm)
                if version > 1 {
                    try rig.mountInAgent(world.vm, world.disk, hint: hint)
                } else {
                    // The agent was never told: it has read its settings.
                    #expect(try rig.agent(world.vm, "mount_disk", world.disk).exitCode == 0)
                }
                #expect(try rig.shell(world.vm, "cat /etc/marker") == "kept")
                try world.checkSame(as: before)
                // Repeating it is success without a restart.
                let started = try rig.engine.inspectContainer(world.vm).startedAt
                _ = try world.call(version, "attach_disk")
                #expect(try rig.engine.inspectContainer(world.vm).startedAt == started)
            }
        }

        @Test(
            "A VM of ours is made of its stemcell, with its disk; the image goes with its last VM")
        func stemcell() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let world = try GoWorld(rig, attached: true)
            _ = try rig.shell(world.vm, "echo precious >/var/vcap/store/file; sync")
            let refused = try rig.call("delete_stemcell", [.string(world.stemcell)])
            #expect(refused.errorMessage.contains(world.vm), "\(refused.stdout)")
            try rig.result("delete_vm", [.string(world.vm)])
            var arguments = rig.vmArguments(rig.network(), disks: [world.disk]).array ?? []
            arguments[1] = .string(world.stemcell)
            let vm = try rig.makeVM(arguments: .array(arguments))
            try rig.awaitAgent(vm)
            try rig.attach(vm, world.disk)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            try rig.result("delete_vm", [.string(vm)])
            try rig.result("delete_stemcell", [.string(world.stemcell)])
            #expect(try rig.engine.image(world.stemcell) == nil)
        }

        @Test("A name that several stemcells share stays as long as a VM stands on the image")
        func shared() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let light = LightRig(rig: rig)
            let address = "127.0.0.1:\(21_000 + Int(getpid()) % 8_000)"
            try light.registry(address)
            let imported = try GoWorld.importStemcell(rig)
            let pushed = try light.push(address, image: imported)
            let repository = "\(address)/\(LightRig.repository)"
            let stemcell = "\(repository)@\(pushed.digest)"
            try rig.engine.removeImage(imported)
            try rig.engine.pullImage(repository, digest: pushed.digest, login: nil)
            let world = try GoWorld(rig, stemcell: stemcell)
            for _ in 0..<2 {
                let kept = try rig.call("delete_stemcell", [.string(stemcell)])
                #expect(kept.errorMessage == "" && kept.stderr.contains("is kept"), "\(kept)")
                #expect(try rig.engine.image(stemcell) != nil)
                // Once more when it has been replaced: it stands on the image all the same.
                _ = try world.call(3, "attach_disk")
            }
            try rig.result("delete_vm", [.string(world.vm)])
            try rig.result("delete_stemcell", [.string(stemcell)])
            #expect(try rig.engine.image(stemcell) == nil)
        }

        /// `docker run --volumes-from`, as for a backup.
        @Test("A container that was only given the VM's volumes is not the VM, and stays")
        func volumesFrom() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let world = try GoWorld(rig)
            let backup = "backup-\(UUID().uuidString.lowercased())"
            try rig.engine.tagImage(world.stemcell, repository: backup, tag: "1")
            rig.later(.networks) { try? rig.engine.removeImage(backup + ":1") }
            _ = try rig.engine.createContainer(
                backup,
                [
                    "Image": .string(backup + ":1"), "Entrypoint": ["sleep", "600"],
                    "HostConfig": ["NetworkMode": "none", "VolumesFrom": [.string(world.vm)]],
                ])
            rig.later { try? rig.engine.removeContainer(backup, force: true) }
            try rig.engine.startContainer(backup)
            let refused = try rig.call("delete_vm", [.string(world.vm)])
            #expect(
                refused.errorMessage.contains("in use")
                    || refused.errorMessage.contains("being used"), "\(refused)")
            #expect(try rig.result("has_vm", [.string(world.vm)]) == false)
            #expect(try rig.engine.inspectContainer(backup).isRunning)
            try rig.engine.removeContainer(backup, force: true)
            try rig.result("delete_vm", [.string(world.vm)])
            #expect(try rig.leftovers([world.vm, "vol-eph-\(world.vm)"]) == [])
        }

        @Test("Back to the Go CPI: it deletes our VM, and makes one of our stemcell with our disk")
        func back() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = (try rig.makeVM(rig.network()), try rig.makeDisk())
            try rig.awaitAgent(vm)
            try rig.attach(vm, disk)
            _ = try rig.shell(vm, "echo precious >/var/vcap/store/file; sync")
            let removed = try GoWorld.command(rig, ["delete-vm", vm])
            #expect(removed.exitCode == 0, "\(removed.stderr)")
            // What it does not know of is left, and named: docs/moving.md.
            let left = try rig.admin("orphans").stdout
            for name in ["\(disk).pin", "\(vm)-ephemeral"] {
                #expect(left.contains(name), "\(left)")
            }
            let refused = try GoWorld.command(rig, ["delete-disk", disk])
            let isInUse = ["in use", "being used"].contains { refused.stderr.contains($0) }
            #expect(refused.exitCode == 1 && isInUse, "\(refused)")
            try rig.engine.removeContainer("\(disk).pin", force: true)
            try rig.engine.removeVolume("\(vm)-ephemeral")

            let world = try GoWorld(rig, attached: true, stemcell: rig.stemcell, disk: disk)
            #expect(try rig.shell(world.vm, "cat /var/vcap/store/file") == "precious")
            let again = try GoWorld.command(rig, ["delete-vm", world.vm])
            #expect(again.exitCode == 0, "\(again.stderr)")
            #expect(try rig.leftovers(["vm-", "c-", "vol-eph-"]) == [])
            let deleted = try GoWorld.command(rig, ["delete-disk", disk])
            #expect(deleted.exitCode == 0, "\(deleted.stderr)")
        }
    }
}
