import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Snapshots on a real Engine")
    struct SnapshotTests {
        private let fill = """
            cd /var/vcap/store
            mkdir -p dir/sub; echo precious >dir/file; ln dir/file dir/sub/hard; ln -s file dir/link
            chown 1000:110 dir/file; chmod 4751 dir/file
            printf x | dd of=holes bs=1 seek=20000000 2>/dev/null; mkfifo pipe
            mknod device c 1 3; echo odd >'a name
            with a line feed'; touch -d '2001-02-03 04:05:06' dir/sub; sync
            """

        @Test(
            "a prune that takes the copy with its copier at the last moment: no snapshot is answered"
        )
        func prunedAtTheEnd() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.onFault = {
                for name in (try? rig.leftovers(["snapshot-"])) ?? [] where name.hasSuffix(".copy")
                {
                    try? rig.engine.removeContainer(name, force: true)
                }
                for name in (try? rig.leftovers(["snapshot-"])) ?? [] {
                    try? rig.engine.removeVolume(name)
                }
            }
            proxy.arm("DELETE", .pass)
            let answer = try rig.through(proxy) {
                try rig.call("snapshot_disk", [.string(disk), [:]])
            }
            #expect(proxy.disarm())
            #expect(answer.errorMessage.contains("is gone"), "\(answer)")
            #expect(try rig.leftovers(["snapshot-"]) == [])
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test(
            "all that a file system keeps is in the copy and in a disk made from it; the VM runs on"
        )
        func whole() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            _ = try rig.shell(vm, fill)
            let heart = try rig.heart(vm)
            let snapshot = try rig.makeSnapshot(disk, ["job": "db", "index": 0])
            #expect(try rig.moment(snapshot) == "one moment")
            let wanted = try rig.listing(disk)
            #expect(wanted.contains("104751") || wanted.contains("4751 1000 110 2"))
            #expect(try rig.listing(snapshot) == wanted)
            #expect(try rig.heart(vm) == heart)
            #expect(try !rig.engine.inspectContainer(vm).isPaused)
            let labels = try #require(try rig.record(snapshot))
            #expect(labels["io.bosh.metadata"]?.contains("\"job\":\"db\"") == true)
            #expect(Int(labels["io.bosh.snapshot.paused_ms"] ?? "") ?? 0 > 0)
            #expect(try rig.story("snapshot_disk").text.contains("VM paused for"))
            _ = try rig.shell(vm, "rm -rf /var/vcap/store/dir; sync")
            let restored = try #require(
                try rig.result("create_disk", [64, ["snapshot": .string(snapshot)], .null]).string)
            rig.later(.disks) { _ = try? rig.call("delete_disk", [.string(restored)]) }
            #expect(try rig.listing(restored) == wanted)
            try rig.result("delete_snapshot", [.string(snapshot)])
            try rig.result("delete_snapshot", [.string(snapshot)])
            #expect(try rig.leftovers([snapshot]) == [])
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            try rig.attach(vm, restored)
            #expect(try rig.shell(vm, "cat /var/vcap/store/dir/sub/hard") == "precious")
        }

        @Test("attributes and ACLs are in the copy")
        func attributes() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let path = try #require(try rig.engine.volume(disk)?.mountpoint)
            guard FileManager.default.fileExists(atPath: path) else { return }  // another host
            #expect(FileManager.default.createFile(atPath: path + "/file", contents: Data([1])))
            let acl = """
                0200000001000600ffffffff02000500e9030000040004000000000010000500ffffffff20000000ffffffff
                """
            let wanted = [
                "user.note": "6869", "trusted.note": "6f6b",
                "security.capability": "0100000200040000000000000000000000000000",
                "system.posix_acl_access": acl.replacing(
                    "0400040000000000", with: "04000400ffffffff"),
            ]
            for (name, value) in wanted { try Attributes.set(path + "/file", name, value) }
            let snapshot = try rig.makeSnapshot(disk)
            let copy = try #require(try rig.engine.volume(snapshot)?.mountpoint) + "/file"
            for (name, value) in wanted {
                #expect(try Attributes.get(copy, name) == value, "\(name)")
            }
        }

        @Test("a copy that takes longer than the VM may be paused goes on beside it")
        func late() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            try rig.set { $0["snapshots"] = ["pause_limit": 1] }
            let (vm, disk) = try rig.vmWithLiveDisk()
            _ = try rig.shell(
                vm, "cd /var/vcap/store && for i in $(seq 6); do cp /bin/busybox $i; done")
            // Whoever copies is slowed down: it gets a hundredth of a processor.
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("PUT ", .pass)
            proxy.onFault = {
                let copier = try? rig.engine.containers(["name": ["[.]copy$"]]).first
                guard let copier else { return }
                try? rig.engine.order(
                    "/containers/\(copier.id)/update", [],
                    // podman takes no NanoCpus here.
                    ["CpuPeriod": 100_000, "CpuQuota": 1_000])
            }
            let answer = try rig.through(proxy) {
                try rig.call("snapshot_disk", [.string(disk), [:]])
            }
            let snapshot = try #require(answer.result.string, "\(answer)")
            rig.later(.disks) { _ = try? rig.call("delete_snapshot", [.string(snapshot)]) }
            #expect(
                try rig.moment(snapshot).hasPrefix("beside the running VM: the copy took longer"))
            #expect(answer.stderr.contains("taken beside the running VM"))
            let paused = Int(try rig.record(snapshot)?["io.bosh.snapshot.paused_ms"] ?? "") ?? 0
            #expect((1_000...2_500).contains(paused))
        }

        @Test("a VM that an operator has paused stays so; with a limit of 0 none is paused")
        func paused() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            try rig.engine.pauseContainer(vm)
            #expect(try rig.moment(rig.makeSnapshot(disk)) == "one moment")
            #expect(try rig.engine.inspectContainer(vm).isPaused)
            try rig.engine.unpauseContainer(vm)
            try rig.set { $0["snapshots"] = ["pause_limit": 0] }
            #expect(try rig.moment(rig.makeSnapshot(disk)).contains("pause_limit is 0"))
        }

        @Test("killed in the copying: a VM that an operator had paused before stays paused")
        func pausedByOperatorAndKilled() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            nonisolated(unsafe) var (process, isPaused): (Int32, Bool) = (0, false)
            proxy.arm("/start", .pass)
            proxy.onFault = {
                guard !isPaused else { return }
                isPaused = true
                try? rig.engine.pauseContainer(vm)
                proxy.arm("PUT ", .killBefore)
                proxy.aim(at: process)
            }
            let request = Rig.request("snapshot_disk", [.string(disk), [:]])
            let answer = try rig.through(proxy) {
                try rig.send(
                    request,
                    started: {
                        process = $0
                        proxy.aim(at: $0)
                    })
            }
            try #require(proxy.disarm() && answer.wasKilled, "\(answer)")
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            #expect(try rig.engine.inspectContainer(vm).isPaused)
            try rig.engine.unpauseContainer(vm)
            #expect(try rig.snapshots(of: disk) == [])
        }

        @Test(
            "killed while the VM is paused: whatever comes next has it running again",
            arguments: ["recover", "from docker", "reboot_vm", "detach_disk", "snapshot_disk"])
        func killed(_ way: String) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let before = try rig.leftovers(["snapshot-"])
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("/unpause", .killBefore)
            let request = Rig.request("snapshot_disk", [.string(disk), [:]])
            let answer = try rig.through(proxy) { try rig.send(request, started: proxy.aim) }
            try #require(proxy.disarm() && answer.wasKilled, "\(answer)")
            try #require(try rig.engine.inspectContainer(vm).isPaused)
            switch way {
            case "recover": #expect(try rig.admin("recover", "--yes").exitCode == 0)
            case "from docker":
                try FileManager.default.removeItem(atPath: rig.directory + "/journal")
                let done = try rig.recoverFromDocker()
                #expect(done.exitCode == 0, "\(done)")
            case "detach_disk": try rig.result(way, [.string(vm), .string(disk)])
            case "snapshot_disk": _ = try rig.makeSnapshot(disk)
            default: try rig.result(way, [.string(vm)])
            }
            #expect(try rig.engine.inspectContainer(vm).status == "running")
            try rig.awaitAgent(vm)
            let left = try rig.leftovers(["snapshot-"]).filter { !before.contains($0) }
            #expect(left.count == (way == "snapshot_disk" ? 2 : 0), "\(left)")
        }
    }
}

/// Extended attributes by their bytes in hexadecimal digits. Glibc's module leaves their functions out.
private enum Attributes {
    typealias Set =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32
        ) -> Int32
    typealias Get =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutableRawPointer, Int
        ) -> Int

    static func set(_ path: String, _ name: String, _ hex: String) throws {
        var bytes: [UInt8] = []
        var rest = hex[...]
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        let set = unsafeBitCast(try #require(dlsym(nil, "setxattr")), to: Set.self)
        try #require(set(path, name, bytes, bytes.count, 0) == 0, "\(name): \(errno)")
    }

    static func get(_ path: String, _ name: String) throws -> String? {
        let get = unsafeBitCast(try #require(dlsym(nil, "getxattr")), to: Get.self)
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = get(path, name, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        return bytes[..<count].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
