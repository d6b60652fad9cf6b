import Foundation
import Testing

@testable import CPI
@testable import Engine

extension EndToEnd {
    @Suite("Somebody gives a VM's container another name")
    struct RenamedVMTests {
        @Test("and its name to a container of their own: the VM is there, and keeps its disk")
        func stranger() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let other = "\(vm)-renamed"
            try rig.engine.renameContainer(vm, to: other)
            rig.later {
                try? rig.engine.removeContainer(other, force: true)
                try? rig.engine.removeContainer(vm, force: true)
            }
            _ = try rig.engine.createContainer(
                vm, ["Image": .string(rig.stemcell), "Cmd": ["sleep", "600"]])
            try rig.engine.startContainer(vm)
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            let deleted = try rig.call("delete_disk", [.string(disk)])
            #expect(deleted.errorMessage.contains("VM \(vm) has it"), "\(deleted.stdout)")
            let detached = try rig.call("detach_disk", [.string(vm), .string(disk)])
            #expect(
                detached.errorMessage.contains("a container that is not of VM \(vm) has its name"),
                "\(detached.stdout)")
            #expect(try rig.shell(other, "cat /var/vcap/store/file") == "precious")
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.engine.container(other) == nil)
            #expect(try rig.containerRuns(vm) == true, "it is somebody else's")
            try rig.result("delete_disk", [.string(disk)])
        }

        @Test("and removes its disk: it gets its name back, and starts without that disk")
        func diskIsGone() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            try rig.engine.stopContainer(vm, seconds: 2)
            let id = try rig.engine.inspectContainer(vm).id
            try rig.engine.renameContainer(vm, to: VMCID(vm).old(id))
            rig.later { try? rig.engine.removeContainer(id, force: true) }
            try rig.engine.removeContainer("\(disk).pin", force: true)
            try rig.engine.removeVolume(disk)
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            #expect(
                recovered.stderr.contains("disk \(disk) is no longer VM \(vm)'s: it is gone"),
                "\(recovered)")
            #expect(try rig.engine.inspectContainer(vm).id == id)
            try rig.result("reboot_vm", [.string(vm)])
            #expect(try rig.containerRuns(vm) == true)
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
        }
    }
}
