import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Disks of all kinds on a real Engine")
    struct DiskKindTests {
        private func make(_ rig: Rig, _ size: Int, _ properties: JSON) throws -> String {
            let answer = try rig.result("create_disk", [.integer(Int64(size)), properties, .null])
            let disk = try #require(answer.string)
            rig.later(.disks) { _ = try? rig.call("delete_disk", [.string(disk)]) }
            return disk
        }

        @Test(
            "a tmpfs has the size that its options say, and cpi-admin disks says which sizes are limits"
        )
        func limits() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, plain) = try rig.vmWithLiveDisk()
            let small = try make(
                rig, 4,
                ["driver_opts": ["type": "tmpfs", "device": "tmpfs", "o": "size=4m,mode=0700"]])
            try rig.result("attach_disk", [.string(vm), .string(small)])
            try rig.awaitAgent(vm)
            let full = try rig.engine.exec(
                vm, ["/bin/sh", "-c", "head -c 6000000 /dev/zero >/warden-cpi-dev/\(small)/x"],
                seconds: 30)
            #expect(full.exitCode != 0 && full.errors.contains("No space left"))
            let grown = try rig.call("resize_disk", [.string(small), 8])
            #expect(grown.errorType == "Bosh::Clouds::NotSupported")
            let snapshot = try rig.makeSnapshot(plain)
            let listed = try JSON(parsing: rig.admin("disks", "--usage", "--json").stdout.utf8)
            let disks = listed["disks"].array ?? []
            let first = try #require(disks.first { $0["disk"].string == plain })
            let options = try #require(try rig.engine.volume(plain)).options
            #expect(first["enforced"].bool == (options["size"] != nil))
            #expect(first["size_mib"] == 64 && first["attached_to"] == [.string(vm)])
            #expect(first["snapshots"] == [.string(snapshot)])
            #expect((first["used_bytes"].int ?? 0) >= 9)
            let second = try #require(disks.first { $0["disk"].string == small })
            #expect(second["enforced"] == true && second["kind"] == "local tmpfs size=4m")
            #expect(second["attached_to"] == [.string(vm)])
            let table = try rig.admin("disks").stdout
            #expect(table.contains("ATTACHED TO") && table.contains("enforced"))
        }

        @Test("what a volume driver or a server says is passed on, and nothing is left")
        func refused() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let plugin = try rig.call("create_disk", [1, ["driver": "no-such-plugin"], .null])
            #expect(plugin.errorType == "Bosh::Clouds::CloudError")
            #expect(plugin.errorMessage.contains("no-such-plugin"))
            #expect(plugin.errorMessage.contains("Nothing was made"))
            #expect(try rig.leftovers(["disk-"]) == [])
            let vm = try rig.makeVM(rig.network())
            try rig.awaitAgent(vm)
            let kinds: [JSON] = [
                ["type": "nfs", "device": ":/export", "o": "addr=127.0.0.1,timeo=1,retry=0,soft"],
                ["type": "cifs", "device": "//127.0.0.1/x", "o": "username=u,password=top-secret"],
            ]
            for options in kinds {
                let disk = try make(rig, 1, ["driver_opts": options])
                let answer = try rig.call("attach_disk", [.string(vm), .string(disk)])
                #expect(answer.errorMessage.contains("mount"), "\(answer.stdout)")
                #expect(
                    !answer.stdout.contains("top-secret") && !answer.stderr.contains("top-secret"))
                try rig.awaitAgent(vm)
                try rig.result("delete_disk", [.string(disk)])
            }
        }

        @Test("several disks come and go while the VM's jobs run")
        func several() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, first) = try rig.vmWithLiveDisk()
            let heart = try rig.heart(vm)
            let more = try (0..<3).map { _ in try rig.makeDisk() }
            for disk in more { try rig.result("attach_disk", [.string(vm), .string(disk)]) }
            for disk in more {
                _ = try rig.shell(vm, "echo \(disk) >/warden-cpi-dev/\(disk)/name")
            }
            let all = try rig.result("get_disks", [.string(vm)])
            #expect(Set((all.array ?? []).compactMap(\.string)) == Set(more + [first]))
            for disk in more.dropLast() {
                try rig.result("detach_disk", [.string(vm), .string(disk)])
            }
            #expect(try rig.shell(vm, "cat /warden-cpi-dev/\(more[2])/name") == more[2])
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            #expect(try rig.heart(vm) == heart, "nothing was restarted")
        }
    }
}
