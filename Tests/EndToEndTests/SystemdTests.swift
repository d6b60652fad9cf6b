import Foundation
import Testing

@testable import Engine

extension Container {
    /// podman shows the signal's number.
    var stopsAsSystemd: Bool {
        ["SIGRTMIN+3", "37"].contains(json["Config"]["StopSignal"].string ?? "")
    }

    /// podman neither takes nor shows it: containers.conf decides.
    var hasHostsCgroups: Bool {
        get throws {
            try TestEngine.isPodman || json["HostConfig"]["CgroupnsMode"] == "host"
        }
    }
}

extension EndToEnd {
    /// Debian with systemd, made as Noble's stemcells are. On Engines that debootstrap can be run beside.
    @Suite(
        "systemd as process 1",
        .enabled(if: StemcellTrait.canBuildSystemd))
    struct SystemdTests {
        private func stemcell(_ rig: Rig) throws -> String {
            let built = try Command.run(
                Rig.root + "/dev/stemcell/build-systemd", [rig.directory + "/systemd"])
            try #require(built.exitCode == 0, "\(built.stderr)")
            let made = try rig.result(
                "create_stemcell", [.string(rig.directory + "/systemd/image"), ["name": "systemd"]])
            let cid = try #require(made.string)
            rig.later(.networks) { _ = try? rig.call("delete_stemcell", [.string(cid)]) }
            return cid
        }

        private func seconds(_ body: () throws -> Void) rethrows -> Double {
            let start = Date()
            try body()
            return Date().timeIntervalSince(start)
        }

        /// A job as bpm runs it: in a container of runc's, inside the VM, with limits of its own.
        private func runJob(_ rig: Rig, _ vm: String, store: String) throws {
            let job = """
                .process.terminal = false | .process.args = ["/busybox", "sh", "-c", $script] |
                .linux.resources = {memory: {limit: 33554432}, pids: {limit: 20}} |
                .mounts += [{destination: "/store", type: "bind", source: $store, options: ["bind"]}]
                """
            func run(_ script: String) throws -> ExecResult {
                let setUp = """
                    mkdir -p /var/vcap/data/bpm/rootfs && cd /var/vcap/data/bpm || exit 1
                    rm -f config.json; cp /bin/busybox rootfs/ && runc spec &&
                    jq --arg script "$1" --arg store "$2" "$3" config.json >new &&
                    mv new config.json && exec runc run job
                    """
                return try rig.engine.exec(
                    vm, ["/bin/sh", "-c", setUp, "sh", script, store, job], seconds: 60)
            }
            let small = try run("/busybox test -d /store")
            #expect(small.exitCode == 0, "\(small.output)\(small.errors)")
            let hog = try run("/busybox head -c 200000000 /dev/zero | /busybox tail -n 1")
            #expect(hog.exitCode == 137, "its limit does not hold: \(hog.output)\(hog.errors)")
        }

        /// What `bosh ssh` and bosh-dns need of a VM.
        private func checkServices(_ rig: Rig, _ vm: String) throws {
            let units = "dbus.socket ssh systemd-resolved"
            var states = ""
            for _ in 0..<100 where states != "active\nactive\nactive" {
                states = try rig.shell(vm, "systemctl is-active \(units) || true")
                usleep(100_000)
            }
            #expect(states == "active\nactive\nactive", "\(units)")
            #expect(try rig.shell(vm, "test -s /etc/ssh/ssh_host_ed25519_key.pub; echo $?") == "0")
            let resolver = try rig.shell(vm, "resolvectl status 2>&1; echo $?")
            #expect(resolver.hasSuffix("\n0"), "\(resolver)")
            #expect(resolver.contains("DNS Servers"), "\(resolver)")
        }

        @Test("A VM's life: made, given a disk as it runs, rebooted, replaced, stopped; in seconds")
        func life() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try life(rig, hasLimits: true)
        }

        /// `hasLimits`: the Engine has what a job's limits need.
        func life(_ rig: Rig, hasLimits: Bool) throws {
            try rig.set {
                $0["attach"] = "auto"
                $0["timeouts"]["stop"] = 30
            }
            var arguments = rig.vmArguments(rig.network()).array ?? []
            arguments[1] = .string(try stemcell(rig))
            let made = try rig.result("create_vm", .array(arguments))
            let vm = try #require(made.array?.first?.string)
            rig.later { _ = try? rig.call("delete_vm", [.string(vm)]) }
            let container = try rig.engine.inspectContainer(vm)
            #expect(container.stopsAsSystemd, "the label decides")
            #expect(try container.hasHostsCgroups)
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /proc/1/comm") == "systemd")
            #expect(try rig.shell(vm, "systemctl is-active bosh-agent runit") == "active\nactive")
            try checkServices(rig, vm)

            let disk = try rig.makeDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            #expect(try rig.engine.inspectContainer(vm).id == container.id, "it was replaced")
            if hasLimits { try runJob(rig, vm, store: "/warden-cpi-dev/\(disk)") }
            _ = try rig.shell(vm, "echo precious >/warden-cpi-dev/\(disk)/file")
            _ = try rig.shell(vm, "journalctl --flush")
            let reboot = try seconds { try rig.result("reboot_vm", [.string(vm)]) }
            #expect(reboot < 10, "systemd has not stopped by itself")
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /warden-cpi-dev/\(disk)/file") == "precious")
            // What journald writes when it ends in peace.
            #expect(
                try rig.shell(vm, "journalctl --flush; journalctl -q | grep -c 'Journal stopped'")
                    == "1")
            // As systemd-resolved does: a service has mounts of its own, and a copy of each that was there at its start.
            _ = try rig.shell(
                vm, "systemd-run -q --unit=private -p PrivateTmp=yes /bin/sleep 1000; sleep 0.5")
            let copies = "grep -c \(disk) /proc/$(systemctl show -P MainPID private)/mountinfo || :"
            #expect(try rig.shell(vm, copies) != "0")
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.shell(vm, copies) == "0")
            #expect(try rig.shell(vm, "systemctl is-active private") == "active")

            var configuration = rig.configuration
            configuration["attach"] = "restart"
            try rig.save(configuration)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.awaitAgent(vm)
            #expect(try rig.engine.inspectContainer(vm).id != container.id)
            #expect(try rig.shell(vm, "cat /warden-cpi-dev/\(disk)/file") == "precious")
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            try rig.awaitAgent(vm)
            let stop = try seconds { try rig.engine.stopContainer(vm, seconds: 30) }
            #expect(stop < 10)
            #expect(try rig.engine.inspectContainer(vm).exitCode != 137, "it was killed")
        }
    }
}
