import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Where a disk cannot be mounted in a VM that runs, the VM is replaced, and says why")
    struct LiveFallbackTests {
        /// attach_disk replaces the container for this reason; the disk works, and goes again.
        /// `doctor` says it of the VM beforehand, if it is the VM's.
        private func checkReplaced(
            _ rig: Rig, _ vm: String, _ disk: String, _ why: String, ofVM: Bool = true
        ) throws {
            let doctor = try rig.admin("doctor")
            #expect(doctor.exitCode == 0, "\(doctor)")
            let line = doctor.stdout.split(separator: "\n").first { $0.contains(vm) } ?? ""
            #expect(line.contains(ofVM ? why : "while it runs"), "\(doctor)")
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            let plan = try rig.plan("attach_disk")
            #expect(plan["change"] == "replace")
            #expect(plan["why"].string?.contains(why) == true, "\(plan["why"].text)")
            let shown = try rig.admin("journal", "show", "last").stdout
            #expect(shown.contains("replaced: ") && shown.contains(why), "\(shown)")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
        }

        @Test("a VM is replaced for its disk where attach is set to restart")
        func configured() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmAndDisk()
            try checkReplaced(rig, vm, disk, "attach is set to restart")
        }

        @Test("a VM that is not privileged is replaced for its disk")
        func unprivileged() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            // The agent cannot mount there; the container runs all the same.
            try rig.set {
                $0["privileged"] = false
                $0["timeouts"]["agent_ready"] = 0
            }
            let vm = try rig.makeVM(rig.network())
            try checkReplaced(rig, vm, try rig.makeDisk(), "the VM is not privileged")
        }

        @Test("a VM is replaced for a disk whose volume has options of its own")
        func options() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, _) = try rig.vmAndDisk()
            let options: JSON = ["type": "tmpfs", "device": "tmpfs", "o": "size=16m"]
            let made = try rig.result("create_disk", [16, ["driver_opts": options], .null])
            let disk = try #require(made.string)
            rig.later(.disks) { _ = try? rig.call("delete_disk", [.string(disk)]) }
            try checkReplaced(rig, vm, disk, "options of its own", ofVM: false)
            // Such a disk is mounted ahead, so that attach_disk needs no restart.
            let other = try rig.makeVM(rig.network(), disks: [disk])
            #expect(try rig.engine.inspectContainer(other).mounts.contains { $0.name == disk })
        }

        @Test(
            "Engines whose volumes are on ext4, xfs, btrfs: live; on no device: replaced",
            .enabled(if: geteuid() == 0 && DataRoot.isPossible), .tags(.long),
            arguments: ["ext4", "xfs", "btrfs", "tmpfs"])
        func dataRoots(_ type: String) throws {
            let root = try DataRoot(type)
            defer { root.remove() }
            let engine = TestEngine(host: root.host)
            let setup = try Rig(on: engine)
            defer { setup.tearDown() }
            let image: JSON = [.string(StemcellTrait.image), ["name": "roots", "version": "1"]]
            engine.stemcell = try #require(try setup.result("create_stemcell", image).string)
            let rig = try Rig.live(on: engine)
            defer { rig.tearDown() }
            guard type == "tmpfs" else {
                let (vm, disk) = try rig.vmWithLiveDisk()
                #expect(try rig.plan("attach_disk")["change"] == "live attach")
                try rig.result("reboot_vm", [.string(vm)])
                try rig.awaitAgent(vm)
                #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
                try rig.result("detach_disk", [.string(vm), .string(disk)])
                #expect(try rig.places(disk, in: vm) == [])
                return
            }
            let (vm, disk) = try rig.vmAndDisk()
            try checkReplaced(rig, vm, disk, "its volumes are on tmpfs")
        }
    }

    @Suite("Two machines attach one disk")
    struct LiveMachineTests {
        @Test("The pin's name is there once: the one that comes second is refused by Docker itself")
        func twoMachines() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (first, disk) = try rig.vmAndDisk()
            let (second, _) = try rig.vmAndDisk()
            let theirs = try Rig.live(on: rig.testEngine)
            defer { theirs.tearDown() }
            theirs.machine = Machine.blind
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            nonisolated(unsafe) var other: Answer?
            // Ours has looked, and is just about to make its pin: the other one overtakes it.
            proxy.onFault = {
                other = try? theirs.call("attach_disk", [.string(second), .string(disk)])
            }
            proxy.arm("/containers/create", .pass)
            let ours = try rig.through(proxy) {
                try rig.call("attach_disk", [.string(first), .string(disk)])
            }
            try #require(proxy.disarm())
            #expect(other?.json["error"].isNull == true, "\(other?.stdout ?? "")")
            #expect(
                ours.errorMessage.contains("disk \(disk) is attached to VM \(second)"),
                "\(ours.stdout)")
            #expect(ours.errorMessage.contains("everything is as it was before"))
            #expect(try rig.places(disk, in: first) == [])
            #expect(try rig.places(disk, in: second) == ["/warden-cpi-dev/\(disk)"])
            try theirs.result("detach_disk", [.string(second), .string(disk)])
            try rig.attach(first, disk)
        }
    }
}

/// A private Engine whose volumes are on a file system of some type: in a file behind a loop device, or
/// in memory.
struct DataRoot {
    private let home: String
    private let name: String

    var host: String { "unix://\(home)/\(name)/docker.sock" }

    static let isPossible: Bool =
        TestEngine.all.allSatisfy { $0.privateName != nil }
        && FileManager.default.fileExists(atPath: "/dev/loop-control")

    init(_ type: String) throws {
        name = "root-\(type)"
        home = try #require(TestEngine.current).further(name)
        let make =
            type == "tmpfs"
            ? "mount -t tmpfs -o size=1g tmpfs '\(home)'"
            : """
            truncate -s 600M '\(home).disk' && mkfs.\(type) -q '\(home).disk' &&
              mount -o loop '\(home).disk' '\(home)'
            """
        do {
            try Command.shell("mkdir -p '\(home)' && \(make)")
            try TestEngine.dev(home, "start", name)
        } catch {
            remove()
            throw error
        }
    }

    func remove() {
        // Its exit code says that subvolumes of btrfs are left: they go with the file that they are in.
        _ = try? Command.run("/usr/bin/env", TestEngine.dev(home, ["stop", name]))
        _ = try? Command.run(
            "/bin/sh",
            ["-c", "umount -l '\(home)'; rm -rf --one-file-system '\(home)' '\(home).disk'"])
    }
}
