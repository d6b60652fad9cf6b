import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("What a VM may use of its host is enforced")
    struct ResourceTests {
        @Test("A field that Docker does not know has no effect, and that is said")
        func misspelt() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let answer = try rig.call(
                "create_vm",
                rig.vmArguments(
                    rig.network(), properties: ["Memroy": 1, "PublishAllPorts": true, "Tmpfs": [:]])
            )
            let vm = answer.json["result"].array?.first ?? .null
            defer { _ = try? rig.call("delete_vm", [vm]) }
            let warnings = answer.stderr.split(separator: "\n").filter { $0.contains("no effect") }
            #expect(warnings.count == 1, "\(answer.stderr)")
            #expect(warnings.first?.contains("does not know cloud_properties.Memroy") == true)
        }

        @Test("A memory hog is killed, a fork bomb stops, a processor hog gets its share")
        func hogs() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(
                rig.network(),
                properties: ["memory": 96, "swap": 0, "pids_limit": 60, "cpus": .number(0.25)])
            try rig.awaitAgent(vm)
            let disk = try rig.makeDisk()
            // As made, and as replaced.
            for _ in 0..<2 {
                // tail keeps the line until it ends.
                let hog = try run(rig, vm, "head -c 300000000 /dev/zero | tail -n 1 >/dev/null")
                #expect(hog.exitCode == 137, "\(hog.output)\(hog.errors)")
                let few = try run(rig, vm, "head -c 1000000 /dev/zero | tail -n 1 >/dev/null")
                #expect(few.exitCode == 0, "\(few.output)\(few.errors)")

                // None ends before the last is started, however slow the host is.
                let bomb = try run(
                    rig, vm,
                    """
                    sh -c 'i=0; while [ $i -lt 200 ]; do tail -f /dev/null & i=$((i+1)); done'
                    code=$?; killall tail; exit $code
                    """)
                #expect(bomb.exitCode != 0, "200 processes were started")

                // All that it can get in two seconds of a clock, in seconds of a processor.
                let share = try run(
                    rig, vm,
                    """
                    sh -c 'while :; do :; done' & hog=$!; sleep 2
                    cut -d ' ' -f 14 /proc/$hog/stat; kill $hog
                    """)
                let ticks = Int(share.output.trimmingCharacters(in: .whitespacesAndNewlines))
                #expect((1...75).contains(ticks ?? 0), "\(share.output)\(share.errors)")

                #expect(try rig.engine.inspectContainer(vm).isRunning)
                try rig.result("attach_disk", [.string(vm), .string(disk)])
                try rig.awaitAgent(vm)
            }
        }

        @Test("Limits, devices, file systems, kernel parameters and volumes are there inside")
        func others() throws {
            let rig = try Rig { $0["privileged"] = false }
            defer { rig.tearDown() }
            let shared = "shared-\(UUID().uuidString.lowercased())"
            rig.later(.disks) { try? rig.engine.removeVolume(shared) }
            let properties: JSON = [
                "ulimits": ["core": ["soft": 512, "hard": 1024]], "cpu_shares": 512,
                "devices": ["/dev/null:/dev/other"], "shm_size": 8,
                "tmpfs": ["/scratch": "size=4m"], "sysctls": ["net.core.somaxconn": 321],
                "volumes": [.string("\(shared):/shared")], "memory": 128,
            ]
            let vm = try rig.makeVM(rig.network(), properties: properties)
            let disk = try rig.makeDisk()
            let before = try rig.engine.inspectContainer(vm)
            for _ in 1...2 {
                let seen = try rig.shell(
                    vm,
                    """
                    awk '/^Max core/ { print $5; print $6 }' /proc/self/limits
                    [ -c /dev/other ] && echo device
                    df -k /dev/shm | awk 'END { print $2 }'; df -k /scratch | awk 'END { print $2 }'
                    grep -c ' /shared ' /proc/self/mountinfo
                    """)
                #expect(seen == "512\n1024\ndevice\n8192\n4096\n1")
                #expect(try rig.shell(vm, "cat /proc/sys/net/core/somaxconn") == "321")
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
            // A replacement changes what it must, and nothing else of it.
            let after = try rig.engine.inspectContainer(vm)
            #expect(after.id != before.id)
            let changed = ["Binds", "Mounts", "RestartPolicy"]
            for (key, value) in before.json["HostConfig"].object ?? [:] where !changed.contains(key)
            {
                #expect(after.json["HostConfig"][key] == value, "\(key)")
            }
        }

        @Test("What the daemon cannot enforce, and what it has not, is said; nothing is half made")
        func said() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let before = try rig.leftovers(["vm-"])
            let refused = try rig.call(
                "create_vm", rig.vmArguments(rig.network(), properties: ["memory": "much"]))
            #expect(refused.errorMessage.contains("cloud_properties.memory"), "\(refused.stdout)")
            let device = try rig.call(
                "create_vm",
                rig.vmArguments(
                    rig.network(),
                    properties: ["Privileged": false, "devices": ["/dev/there-is-none"]]))
            #expect(device.errorMessage.contains("/dev/there-is-none"), "\(device.stdout)")
            #expect(try rig.leftovers(["vm-"]) == before)
        }

        @Test(
            "lxcfs that the host has not: said where a VM asks for it, done without where the configuration does",
            .enabled("podman looks for the source of a mount when the VM starts") {
                try !TestEngine.isPodman
            })
        func lxcfs() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let before = try rig.leftovers(["vm-"])
            let refused = try rig.call(
                "create_vm",
                rig.vmArguments(rig.network(), properties: ["force_lxcfs_enabled": true]))
            #expect(refused.errorMessage.contains("force_lxcfs_enabled"), "\(refused.stdout)")
            #expect(try rig.leftovers(["vm-"]) == before)
            // Where the configuration asks for it, it is for the hosts that have it.
            try rig.set { $0["enable_lxcfs_support"] = true }
            let made = try rig.call("create_vm", rig.vmArguments(rig.network()))
            let vm = try #require(made.result.array?.first?.string, "\(made.stdout)")
            rig.later { _ = try? rig.call("delete_vm", [.string(vm)]) }
            #expect(made.stderr.contains("has no /var/lib/lxcfs"), "\(made.stderr)")
            #expect(try rig.admin("journal", "show", "last").stdout.contains("/var/lib/lxcfs"))
        }

        private func run(_ rig: Rig, _ vm: String, _ script: String) throws -> ExecResult {
            try rig.engine.exec(vm, ["/bin/sh", "-c", script], seconds: 60)
        }
    }
}
