import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Docker was out of reach for longer than the call waits, and starts the script in the VM when the disk is
    /// elsewhere by then.
    @Suite("A script in a VM that Docker starts when its call is over does nothing")
    struct LateScriptTests {
        @Test(
            "of a repeated attach_disk: another VM has the disk by then", arguments: [false, true])
        func attach(_ isKilled: Bool) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            let other = try rig.makeVM(rig.network())
            let attach: JSON = [.string(vm), .string(disk)]
            let hint = "/warden-cpi-dev/\(disk)"
            try rig.result("attach_disk", attach)
            _ = try rig.shell(vm, "umount \(hint)")
            try late("attach_disk", attach, isKilled, rig) {
                try rig.result("detach_disk", attach)
                try rig.result("attach_disk", [.string(other), .string(disk)])
            }
            #expect(try rig.places(disk, in: vm) == [])
            #expect(try rig.places(disk, in: other) == [hint])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            #expect(try rig.result("get_disks", [.string(other)]) == [.string(disk)])
        }

        @Test(
            "of a detach_disk: the same VM has the disk again by then", arguments: [false, true])
        func detach(_ isKilled: Bool) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let detach: JSON = [.string(vm), .string(disk)]
            _ = try rig.shell(vm, "umount /var/vcap/store && umount /warden-cpi-dev/\(disk)")
            try late("detach_disk", detach, isKilled, rig) {
                try rig.attach(vm, disk)
            }
            let places = Set(try rig.places(disk, in: vm))
            #expect(places == ["/warden-cpi-dev/\(disk)", "/var/vcap/store"])
            #expect(try rig.shell(vm, "cat /var/vcap/store/file").contains("precious"))
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
        }

        /// Makes a call whose script Docker gets late, and then whatever comes next; returns when Docker has got
        /// it. `isKilled`: the call does not live to see that it is late.
        private func late(
            _ method: String, _ arguments: JSON, _ isKilled: Bool, _ rig: Rig,
            then next: () throws -> Void
        ) throws {
            let proxy = try WireProxy(rig.directory + "/late.sock", upstream: rig.socket)
            defer { proxy.stop() }
            let usual = rig.configuration
            if isKilled {
                proxy.onFault = proxy.strike
            } else {
                try rig.set { $0["timeouts"]["request"] = 2 }
            }
            proxy.arm("/exec/", .late)
            try rig.through(proxy) {
                let answer = try rig.send(Rig.request(method, arguments), started: proxy.aim)
                #expect(isKilled || answer.json["error"].isNull, "\(answer)")
            }
            #expect(proxy.disarm())
            let end = Date() + 10
            try rig.save(usual)
            try next()
            Thread.sleep(until: end)
        }
    }
}
