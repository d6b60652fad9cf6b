import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Found by an attack on an earlier version: each of these lost a VM or its root layer.
    @Suite("The last copy of a VM is never removed")
    struct LastCopyTests {
        private func attached(_ rig: Rig, dyingAt text: String, _ fault: WireProxy.Fault) throws
            -> String
        {
            let (vm, _) = try rig.interruptedAttach(at: text, fault)
            return vm
        }

        private func old(_ rig: Rig, _ vm: String) throws -> String {
            let plan = try rig.story("attach_disk")["plan"]
            return try #require(plan["old"].string)
        }

        @Test("--back does not undo a replacement whose old container is gone")
        func backWithoutOld() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try attached(rig, dyingAt: "DELETE", .killAfter)
            let recovered = try rig.admin("recover", "last", "--back", "--yes")
            #expect(recovered.stdout.contains("done: finished"), "\(recovered)")
            try rig.checkKept(vm)
        }

        @Test("An old container that somebody removes: forward is the only way")
        func oldRemoved() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try attached(rig, dyingAt: "/rename", .killBefore)
            try rig.engine.removeContainer(try old(rig, vm), force: true)
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            try rig.checkKept(vm)
        }

        @Test("Both containers removed: the VM is made again from the committed image")
        func bothRemoved() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try attached(rig, dyingAt: "/start", .killBefore)
            let old = try old(rig, vm)
            for container in [vm, old] { try? rig.engine.removeContainer(container, force: true) }
            let recovered = try rig.admin("recover", "--yes")
            #expect(
                recovered.exitCode == 0 && recovered.stdout.contains("finish"), "\(recovered)")
            try rig.checkKept(vm)
        }

        @Test(
            "What was written after the new container took over is kept, though it was stopped since"
        )
        func writtenLater() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try attached(rig, dyingAt: "DELETE", .killBefore)
            _ = try rig.shell(vm, "echo later >/etc/later; sync")
            try rig.engine.stopContainer(vm, seconds: 5)
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /etc/marker /etc/later") == "kept\nlater")
        }

        @Test("A commit that is older than the container's last run is made anew")
        func staleCommit() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try attached(rig, dyingAt: "/containers/create", .killBefore)
            try rig.engine.startContainer(vm)
            _ = try rig.shell(vm, "echo later >/etc/later; sync")
            let recovered = try rig.admin("recover", "last", "--forward", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /etc/marker /etc/later") == "kept\nlater")
        }

        @Test("delete_vm of a name that is no VM removes nothing of anybody")
        func strangersNames() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let cid = rig.stemcell
            try rig.engine.tagImage(cid, repository: "stranger-e2e", tag: "latest")
            _ = try rig.engine.createVolume("stranger-e2e-ephemeral", labels: [:])
            rig.later {
                try? rig.engine.removeImage("stranger-e2e:latest")
                try? rig.engine.removeVolume("stranger-e2e-ephemeral")
            }
            for name in ["stemcell", "stranger-e2e"] {
                try rig.result("delete_vm", [.string(name)])
            }
            #expect(try rig.engine.image(cid) != nil)
            #expect(try rig.engine.image("stranger-e2e:latest") != nil)
            #expect(try rig.engine.volume("stranger-e2e-ephemeral") != nil)
        }

        @Test("A late agent does not block the disk: the VM holds all that its old container held")
        func lateAgent() throws {
            let rig = try Rig { $0["timeouts"]["agent_ready"] = 1 }
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.awaitAgent(vm)
            _ = try rig.shell(vm, "chmod 0 /var/vcap/bosh/bin/bosh-agent")
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.leftovers([vm]).contains { $0.contains(".old-") })
            try rig.result("delete_disk", [.string(disk)])
            #expect(try rig.leftovers([vm]).filter { $0.contains(".old-") } == [])
        }
    }
}
