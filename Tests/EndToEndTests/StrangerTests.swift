import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("What is not there, or somebody else's")
    struct StrangerTests {
        @Test("What is not there, is in use or is somebody else's is told apart")
        func missingThings() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            let attach: JSON = [.string(vm), .string(disk)]
            func type(_ method: String, _ arguments: JSON) throws -> String? {
                try rig.call(method, arguments).errorType
            }
            #expect(
                try type("attach_disk", [.string(vm), "disk-none"]) == "Bosh::Clouds::DiskNotFound")
            #expect(
                try type("attach_disk", ["vm-none", .string(disk)]) == "Bosh::Clouds::VMNotFound")
            #expect(try type("detach_disk", attach) == nil)
            #expect(try type("reboot_vm", ["vm-none"]) == "Bosh::Clouds::VMNotFound")
            #expect(try type("get_disks", ["vm-none"]) == "Bosh::Clouds::VMNotFound")
            #expect(try type("delete_vm", ["vm-none"]) == nil)
            #expect(try type("resize_disk", ["disk-none", 5]) == "Bosh::Clouds::DiskNotFound")
            #expect(try type("resize_disk", [.string(disk), 128]) == nil)
            #expect(try type("resize_disk", [.string(disk), 100]) == "Bosh::Clouds::NotSupported")
            #expect(try type("update_disk", [.string(disk), 256, [:]]) == nil)
            #expect(
                try type("update_disk", [.string(disk), 256, ["driver": "nfs"]])
                    == "Bosh::Clouds::NotSupported")
            // A volume of the VM that is no disk stays where it is.
            let before = try rig.engine.inspectContainer(vm).id
            #expect(try type("detach_disk", [.string(vm), .string("\(vm)-ephemeral")]) == nil)
            #expect(try rig.engine.inspectContainer(vm).id == before)
            try rig.result("attach_disk", attach)
            let inUse = try rig.call("delete_disk", [.string(disk)])
            #expect(
                inUse.errorType == "Bosh::Clouds::CloudError" && inUse.errorMessage.contains(vm))
            let second = try rig.makeVM(rig.network())
            let elsewhere = try rig.call("attach_disk", [.string(second), .string(disk)])
            #expect(elsewhere.errorMessage.contains(vm), "\(elsewhere.errorMessage)")
            #expect(
                try type("delete_stemcell", [.string(rig.stemcell)])
                    == "Bosh::Clouds::CloudError")
        }

        @Test("A stranger's container or volume is never touched")
        func strangers() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            _ = try rig.engine.createVolume("stranger-e2e", labels: [:])
            _ = try rig.engine.createContainer(
                "stranger-e2e", ["Image": .string(rig.stemcell), "Cmd": ["true"]])
            rig.later {
                try? rig.engine.removeContainer("stranger-e2e", force: true)
                try? rig.engine.removeVolume("stranger-e2e")
            }
            #expect(try rig.result("has_vm", ["stranger-e2e"]) == false)
            #expect(
                try rig.call("delete_vm", ["stranger-e2e"]).errorType == "Bosh::Clouds::CloudError")
            #expect(
                try rig.call("delete_disk", ["stranger-e2e"]).errorType
                    == "Bosh::Clouds::DiskNotFound")
            #expect(try rig.engine.container("stranger-e2e") != nil)
            #expect(try rig.engine.volume("stranger-e2e") != nil)
        }
    }
}
