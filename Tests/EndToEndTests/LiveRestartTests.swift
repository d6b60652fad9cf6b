import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("A VM that starts again has its disks, or says why not")
    struct LiveRestartTests {
        enum Way: String, CaseIterable, Sendable {
            case reboot, dockerRestart, killAndStart
        }

        @Test("The disk is back at the store before the agent is up", arguments: Way.allCases)
        func restarts(_ way: Way) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let outsider = Outsider(engine: rig.engine)
            switch way {
            case .reboot: try rig.result("reboot_vm", [.string(vm)])
            case .dockerRestart: try outsider.restart(vm)
            case .killAndStart:
                try outsider.kill(vm)
                try outsider.start(vm)
            }
            try check(rig, vm, disk)
        }

        @Test(
            "The daemon dies, or the whole host: pin and disk are back with it",
            .enabled(if: TestEngine.all.allSatisfy { $0.privateName != nil }),
            arguments: ["daemon", "host"])
        func comesBack(_ what: String) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            if what == "daemon" {
                try rig.testEngine.daemon("kill")
                try rig.testEngine.daemon("resume")
            } else {
                try rig.testEngine.daemon("reboot")
            }
            // Policies unless-stopped and always: both are to come up by themselves.
            for name in [vm, "\(disk).pin"] {
                for _ in 0..<100 where try rig.containerRuns(name) != true { usleep(100_000) }
                if what == "host" { #expect(try rig.containerRuns(name) == true, "\(name)") }
            }
            // An Engine whose daemon alone was killed may leave containers stopped.
            if try rig.containerRuns(vm) != true { try rig.result("reboot_vm", [.string(vm)]) }
            try check(rig, vm, disk)
            #expect(try rig.containerRuns("\(disk).pin") == true)
        }

        @Test(
            "Somebody stops all containers: reboot_vm, or recovery, brings the pin back",
            arguments: [true, false])
        func stopped(reboots: Bool) throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let pin = "\(disk).pin"
            for name in [vm, pin] { try rig.engine.stopContainer(name, seconds: 2) }
            if reboots {
                try rig.result("reboot_vm", [.string(vm)])
            } else {
                try Outsider(engine: rig.engine).start(vm)
                try rig.awaitAgent(vm)
                let doctor = try rig.admin("doctor")
                #expect(doctor.stdout.contains("docker start \(pin)"), "\(doctor.stdout)")
                _ = try rig.recoverFromDocker()
            }
            #expect(try rig.containerRuns(pin) == true)
            try check(rig, vm, disk)
        }

        @Test("A VM whose disk cannot be mounted does not start with an empty store")
        func refuses() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk(["RestartPolicy": ["Name": "no"]])
            try rig.engine.stopContainer(vm, seconds: 2)
            try rig.engine.delete("/containers/\(disk).pin", [("force", "1")])
            try rig.engine.removeVolume(disk)
            try Outsider(engine: rig.engine).start(vm)
            for _ in 0..<50 where try rig.containerRuns(vm) == true { usleep(100_000) }
            let container = try rig.engine.inspectContainer(vm)
            #expect(!container.isRunning)
            #expect(container.exitCode == 78)
            let log = try rig.engine.send(logs(of: vm)).body
            let words = String(decoding: log, as: UTF8.self)
            #expect(words.contains("there is no volume \(disk) beside the VM's own"))
            #expect(words.contains("its disk \(disk) could not be mounted"))
        }

        @Test(
            "A detach whose script dies in the VM after the store is unmounted: the store is back")
        func scriptDies() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.vmWithLiveDisk()
            let wrapper = "/usr/local/bin/umount"
            let before = try rig.shell(vm, "grep ' /var/vcap/store ' /proc/self/mountinfo")
            #expect(!before.isEmpty)
            _ = try rig.shell(
                vm,
                """
                mkdir -p /usr/local/bin
                cat >\(wrapper) <<'END'
                #!/bin/sh
                PATH=/usr/sbin:/usr/bin:/sbin:/bin umount "$@" || exit
                [ "$1" != /var/vcap/store ] || kill -9 $PPID
                END
                chmod +x \(wrapper)
                """)
            let failed = try rig.call("detach_disk", [.string(vm), .string(disk)])
            #expect(failed.errorMessage.contains("exit code 137"), "\(failed.stdout)")
            #expect(failed.errorMessage.contains("everything is as it was before"))
            try check(rig, vm, disk)
            _ = try rig.shell(vm, "rm \(wrapper)")
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            #expect(try rig.places(disk, in: vm).isEmpty)
            #expect(
                try rig.shell(vm, "ls -A /dev | grep docker_cpi | grep -v over || true").isEmpty)
        }

        private func logs(of vm: String) -> Request {
            var request = Request("GET", "/containers/\(vm)/logs")
            request.query = [(name: "stdout", value: "1"), (name: "stderr", value: "1")]
            return request
        }

        private func check(_ rig: Rig, _ vm: String, _ disk: String) throws {
            try rig.awaitAgent(vm)
            #expect(try rig.shell(vm, "cat /var/vcap/store/file") == "precious")
            #expect(
                try Set(rig.places(disk, in: vm)) == ["/warden-cpi-dev/\(disk)", "/var/vcap/store"])
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
        }
    }
}
