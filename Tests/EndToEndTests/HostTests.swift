import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// On hosts that this machine is not by itself. Only with Engines of dev/engine, for each test starts one more.
    @Suite(
        "The host decides what a VM can have",
        .enabled("needs Engines of dev/engine") {
            TestEngine.all.allSatisfy { $0.privateName != nil }
        })
    struct HostTests {
        @Test("With lxcfs the VM sees the memory that it may have, before and after a replacement")
        func lxcfs() throws {
            let host = try Host(having: "lxcfs")
            defer { host.remove() }
            let rig = host.rig
            let network = rig.network()
            let vm = try rig.makeVM(
                network, properties: ["memory": 96, "force_lxcfs_enabled": true])
            try rig.awaitAgent(vm)
            let disk = try rig.makeDisk()
            for _ in 0..<2 {
                #expect(try memory(rig, vm) == "98304")
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                try rig.awaitAgent(vm)
            }
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            #expect(try memory(rig, vm) == "98304")
            try rig.result("delete_vm", [.string(vm)])

            try rig.set { $0["enable_lxcfs_support"] = true }
            let all = try rig.makeVM(network, properties: ["memory": 64])
            #expect(try memory(rig, all) == "65536")
            try rig.result("delete_vm", [.string(all)])
            let none = try rig.makeVM(
                network, properties: ["memory": 64, "force_lxcfs_disabled": true])
            #expect(try memory(rig, none) != "65536")
        }

        @Test(
            "Where Docker maps users a VM is refused in one sentence",
            .enabled("podman has no such setting") { try !TestEngine.isPodman })
        func userns() throws { try refusesVMs(on: "userns", word: "userns-remap") }

        @Test(
            "Where Docker says that it is rootless a VM is refused in one sentence",
            .enabled("newer ones start so in RootlessKit only") {
                try TestEngine.anyInfo["ServerVersion"].string?.hasPrefix("20.") == true
            })
        func rootless() throws { try refusesVMs(on: "rootless", word: "rootless") }

        private func refusesVMs(on kind: String, word: String) throws {
            let host = try Host(having: kind)
            defer { host.remove() }
            let rig = host.rig
            let refused = try rig.call("create_vm", rig.vmArguments(rig.network()))
            #expect(refused.errorType == "Bosh::Clouds::VMCreationFailed")
            #expect(refused.errorMessage.contains(word), "\(refused.stdout)")
            #expect(try rig.leftovers(["vm-"]) == [])
            let doctor = try rig.admin("doctor")
            #expect(doctor.exitCode == 1 && doctor.stdout.contains(word), "\(doctor.stdout)")
        }

        /// In KiB, as the VM's processes see it.
        private func memory(_ rig: Rig, _ vm: String) throws -> String {
            try rig.shell(vm, "awk '/^MemTotal:/ { print $2 }' /proc/meminfo")
        }

        @Test(
            "On cgroup version 2 without controllers: a limit is refused, and VMs without one have a whole life",
            .enabled("this machine has cgroup version 2 by itself") { Host.hasCgroupVersion1 },
            .enabled(Host.podmanNeedsPids) { try !TestEngine.isPodman })
        func cgroups() throws {
            let host = try Host(having: "cgroup2")
            defer { host.remove() }
            let rig = host.rig
            #expect(try rig.engine.info()["CgroupVersion"] == "2")
            let doctor = try rig.admin("doctor").stdout.split(separator: "\n")
            let line = doctor.first { $0.hasPrefix("cgroups ") } ?? ""
            #expect(
                line.contains("version 2; no controller for memory, cpu, io, pids"), "\(doctor)")
            let limits: [(String, JSON, String)] = [
                ("memory", 96, "memory"), ("cpus", 1, "cpu"), ("pids_limit", 96, "pids"),
                ("CpusetCpus", "0", "cpuset"), ("BlkioWeight", 500, "io"),
            ]
            for (property, limit, controller) in limits {
                let refused = try rig.call(
                    "create_vm", rig.vmArguments(rig.network(), properties: [property: limit]))
                #expect(
                    refused.errorMessage.contains("cloud_properties.\(property)")
                        && refused.errorMessage.contains("controller \(controller)"),
                    "\(refused.stdout)")
            }
            #expect(try rig.leftovers(["vm-"]) == [])
            let vm = try rig.makeVM(rig.network())
            try rig.awaitAgent(vm)
            let disk = try rig.makeDisk()
            for way in ["auto", "restart"] {
                try rig.set { $0["attach"] = .string(way) }
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                try rig.awaitAgent(vm)
                #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
                _ = try rig.makeSnapshot(disk)  // the VM is paused for it
                try rig.result("detach_disk", [.string(vm), .string(disk)])
                try rig.awaitAgent(vm)
            }
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
        }

        @Test(
            "On cgroup version 2 systemd as process 1 is made, given a disk, rebooted, replaced and stopped",
            .enabled("this machine has cgroup version 2 by itself") { Host.hasCgroupVersion1 },
            .enabled(Host.podmanNeedsPids) { try !TestEngine.isPodman },
            .enabled(if: StemcellTrait.canBuildSystemd))
        func systemd() throws {
            let host = try Host(having: "cgroup2")
            defer { host.remove() }
            try SystemdTests().life(host.rig, hasLimits: false)
        }
    }
}

/// One private Engine more, of the release that the tests are run on.
private final class Host {
    let rig: Rig
    private let home: String

    /// `having`: see ENGINE_HAS of dev/engine.
    init(having: String) throws {
        home = try #require(TestEngine.current).further(having)
        let run = try Command.run(
            "/usr/bin/env", ["ENGINE_HAS=\(having)"] + TestEngine.dev(home, ["start", "host"]))
        let line = run.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
        do {
            try #require(line.hasPrefix("DOCKER_HOST="), "dev/engine start: \(run.stderr)")
            let engine = TestEngine(host: String(line.dropFirst("DOCKER_HOST=".count)))
            rig = try Rig(on: engine)
            engine.stemcell = try #require(
                try rig.result(
                    "create_stemcell",
                    [.string(StemcellTrait.image), ["name": "host", "version": "1"]]
                ).string)
        } catch {
            _ = try? TestEngine.dev(home, "stop", "host")
            throw error
        }
    }

    func remove() {
        rig.tearDown()
        _ = try? TestEngine.dev(home, "stop", "host")
    }

    /// Of a host whose controllers are all on version 1.
    static let podmanNeedsPids: Comment = "podman starts no container without the controller pids"

    static let hasCgroupVersion1: Bool = {
        let run = try? Command.run("/usr/bin/stat", ["-fc", "%T", "/sys/fs/cgroup"])
        return run.map { $0.stdout != "cgroup2fs\n" } ?? false
    }()
}
