import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Killed in the middle of a replacement; then its containers are pruned.
    @Suite("A VM that is an image alone, and one that was replaced behind a deletion")
    struct ImageAloneTests {
        /// Attaches another disk by replacement, is killed after the commit, and loses its containers. Returns the disk.
        private func leaveImage(_ rig: Rig, _ vm: String) throws -> String {
            try rig.set { $0["attach"] = "restart" }
            let disk = try rig.makeDisk()
            let custody = Custody(
                rig: rig, vm: vm, disk: disk, before: try rig.engine.inspectContainer(vm))
            _ = try custody.call("attach_disk", { $0.arm("/containers/create", .killBefore) })
            try custody.outsider.pruneContainers()
            #expect(try rig.engine.container(vm) == nil)
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            return disk
        }

        @Test("A disk that it has goes to no other VM, and is pinned again with the VM")
        func keepsDisk() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            let other = try rig.makeVM(rig.network())
            let second = try leaveImage(rig, vm)
            try rig.engine.removeContainer("\(disk).pin", force: true)

            for (method, arguments) in [
                ("attach_disk", [.string(other), .string(disk)]), ("delete_disk", [.string(disk)]),
            ] as [(String, JSON)] {
                let answer = try rig.call(method, arguments)
                #expect(
                    answer.errorMessage.contains(
                        "VM \(vm) has it mounted, or mounts it when it starts"),
                    "\(answer)")
            }
            let looked = try rig.admin("doctor")
            #expect(looked.stdout.contains("has all of it"), "\(looked)")

            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            try rig.awaitAgent(vm)
            #expect(try rig.result("get_disks", [.string(vm)]) == JSON([disk, second].sorted()))
            #expect(try rig.engine.inspectContainer("\(disk).pin").isRunning)
        }

        @Test("An image of an older state is called so, and its VM's disk is kept")
        func olderState() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try rig.set { $0["attach"] = "restart" }
            let (vm, disk) = try rig.vmAndDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.awaitAgent(vm)
            let custody = Custody(
                rig: rig, vm: vm, disk: disk, before: try rig.engine.inspectContainer(vm))
            let answer = try custody.call("detach_disk", { $0.arm("/commit", .pass) }) {
                try rig.engine.removeContainer(vm, force: true)
            }
            #expect(answer.errorMessage.contains("an older state"), "\(answer)")
            let after = try rig.call("reboot_vm", [.string(vm)])
            #expect(after.errorMessage.contains("an older state"), "\(after)")
            #expect(!after.errorMessage.contains("has all of it"), "\(after)")
            let deleted = try rig.call("delete_disk", [.string(disk)])
            #expect(deleted.errorMessage.contains("VM \(vm) has it mounted"), "\(deleted)")
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            #expect(try rig.admin("recover").exitCode == 3)
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.admin("recover").exitCode == 0)
            try rig.result("delete_disk", [.string(disk)])
        }

        @Test("Where the disk that was to be attached is gone, it is made again as it was")
        func diskIsGone() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            try rig.awaitAgent(vm)
            _ = try rig.shell(vm, "echo kept >/etc/marker; sync")
            let disk = try leaveImage(rig, vm)
            try rig.engine.removeVolume(disk)
            let recovered = try rig.admin("recover", "--yes")
            #expect(
                recovered.exitCode == 0 && recovered.stdout.contains("disk \(disk) is gone"),
                "\(recovered)")
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /etc/marker") == "kept")
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
        }

        @Test("A delete_vm that was killed takes nothing from the VM that was replaced since")
        func replacedSince() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let killed = try custody.call("delete_vm", { $0.arm(effect: 1, .killBefore) })
            #expect(killed.wasKilled, "\(killed)")
            // Another journal, which does not know of it.
            let (journal, aside) = (rig.directory + "/journal", rig.directory + "/aside")
            try FileManager.default.moveItem(atPath: journal, toPath: aside)
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            try FileManager.default.removeItem(atPath: journal)
            try FileManager.default.moveItem(atPath: aside, toPath: journal)

            let recovered = try rig.admin("recover", "--yes")
            #expect(
                recovered.exitCode == 0 && recovered.stdout.contains("has taken over"),
                "\(recovered)")
            try rig.awaitAgent(custody.vm)
            #expect(
                try rig.shell(custody.vm, "cat /etc/marker /var/vcap/data/marker") == "kept\nkept")
            #expect(try rig.result("get_disks", [.string(custody.vm)]) == [.string(custody.disk)])
        }
    }
}
