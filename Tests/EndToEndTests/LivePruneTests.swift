import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("No prune takes a disk that is pinned")
    struct LivePruneTests {
        /// `docker container|image -a|volume -a prune -f`, and all of them as `system prune -af
        /// --volumes` does it. The stemcell is spared by a container of its own.
        private func prune(_ what: String, _ rig: Rig) throws {
            let outsider = Outsider(engine: rig.engine)
            let isSystem = what == "system"
            if isSystem || what == "container" { try outsider.pruneContainers() }
            if isSystem || what == "volume" {
                // From API 1.42 on a prune of volumes leaves those with a name alone unless told so.
                let all = try rig.engine.version() >= APIVersion(1, 42)
                try rig.engine.post(
                    "/volumes/prune", all ? [("filters", #"{"all":["true"]}"#)] : [])
            }
            if isSystem || what == "image" { try outsider.pruneImages(sparing: rig.stemcell) }
        }

        @Test(
            "An attached disk, its VM running",
            arguments: ["container", "image", "volume", "system"])
        func attached(_ what: String) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let heart = try rig.heart(vm)
            try prune(what, rig)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            #expect(try rig.containerRuns("\(disk).pin") == true)
            #expect(try rig.heart(vm) == heart)
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.engine.volume(disk) != nil)
        }

        @Test("An attached disk whose VM is stopped, and is pruned itself")
        func withoutVM() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            try rig.engine.stopContainer(vm, seconds: 2)
            try prune("system", rig)
            #expect(try rig.engine.container(vm) == nil)
            #expect(try rig.engine.volume(disk) != nil)
            let orphans = try rig.admin("orphans")
            #expect(orphans.stdout.contains("docker rm -f \(disk).pin"), "\(orphans)")
            let (other, _) = try rig.vmAndDisk()
            try rig.attach(other, disk)
            #expect(try rig.shell(other, "cat /var/vcap/store/file") == "precious")
        }

        @Test("With always: a disk that was never attached, and one that was detached")
        func always() throws {
            let rig = try Rig.live(pin: "always")
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let fresh = try rig.makeDisk()
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            try prune("system", rig)
            for one in [disk, fresh] {
                #expect(try rig.engine.volume(one) != nil)
                #expect(try rig.containerRuns("\(one).keep") == true)
            }
            try rig.result("delete_disk", [.string(fresh)])
            #expect(try rig.containerRuns("\(fresh).keep") == nil)
        }

        @Test(
            "With never the pin does not run; a container prune takes it, and a call makes it anew")
        func never() throws {
            let rig = try Rig.live(pin: "never")
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            #expect(try rig.containerRuns("\(disk).pin") == false)
            try prune("volume", rig)
            #expect(try rig.engine.volume(disk) != nil)
            try prune("container", rig)
            #expect(try rig.containerRuns("\(disk).pin") == nil)
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            let refused = try rig.call("delete_disk", [.string(disk)])
            #expect(
                refused.errorMessage.contains("VM \(vm) has it mounted"), "\(refused.stdout)")
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(try rig.containerRuns("\(disk).pin") == false)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
        }
    }
}
