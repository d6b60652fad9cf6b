import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("The operator looks at a VM")
    struct AdminVMTests {
        @Test("A page on a VM: limits asked and in force, address, disks, agent, last calls")
        func page() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(
                rig.network(), properties: ["memory": 256, "cpus": .number(1.5)])
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.result(
                "set_vm_metadata",
                [.string(vm), ["deployment": "shop", "job": "web", "index": "0"]])
            let json = try JSON(parsing: rig.admin("vm", vm, "--json").stdout.utf8)
            let memory = try #require(json["limits"].array?.first)
            #expect(memory["asked"] == "256 MiB" && memory["in_force"] == "256 MiB")
            #expect(json["limits"].array?[1]["asked"] == "1.5")
            #expect(json["limits"].array?[1]["in_force"] == "1.5")
            #expect(json["agent_up"] == true && json["status"] == "running")
            let addresses = json["networks"].array?.first?["addresses"].array ?? []
            #expect(addresses.first?.string?.hasPrefix("10.246.") == true)
            #expect(json["disks"].array?.first?["disk"].string == disk)
            #expect(json["disks"].array?.first?["size_mib"] == 64)
            #expect(json["metadata"]["deployment"] == "shop")
            #expect(json["operations"].array?.first?["method"] == "set_vm_metadata")
            let page = try rig.admin("vm", String(vm.prefix(20))).stdout
            for words in [vm, "shop/web/0", "up (", disk, "memory: asked 256 MiB", "Last calls"] {
                #expect(page.contains(words), "\(words) in \(page)")
            }
            try rig.result(
                "set_vm_metadata",
                [.string(vm), ["deployment": "shop", "job": "web\n1m84tk done"]])
            let shown = try rig.admin("vm", vm).stdout + rig.admin("journal", "list").stdout
            #expect(!shown.contains("\n1m84tk"), "\(shown)")
            let disks = try JSON(parsing: rig.admin("disks", "--json").stdout.utf8)
            let entry = disks["disks"].array?.first { $0["disk"].string == disk }
            #expect(entry?["attached_to"] == [.string(vm)] && entry?["detached_since"] == .null)
            try rig.result("detach_disk", [.string(vm), .string(disk)])
            let later = try JSON(parsing: rig.admin("disks", "--json").stdout.utf8)
            let detached = later["disks"].array?.first { $0["disk"].string == disk }
            #expect(detached?["detached_since"].string?.hasPrefix("20") == true)
            #expect(try rig.admin("vm", "vm-none").exitCode == 1)
        }

        @Test("Logs and files come from a VM that is stopped as well, and secrets do not")
        func stopped() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let env: JSON = ["bosh": ["password": "hunter2-is-a-secret"]]
            let vm = try rig.makeVM(rig.network(), env: env)
            try rig.awaitAgent(vm)
            _ = try rig.shell(
                vm,
                "echo 'login with hunter2-is-a-secret' >>/var/vcap/bosh/log/current; "
                    + "printf '\\377\\001' >/var/vcap/data/bytes; sync")
            try rig.engine.stopContainer(vm, seconds: 1)
            let logs = try rig.admin("vm", vm, "--logs", "3")
            #expect(logs.exitCode == 0 && logs.stdout.contains("login with ***"), "\(logs)")
            #expect(logs.stdout.contains("What the container wrote"))
            let path = "/var/vcap/bosh/warden-cpi-agent-env.json"
            let file = try rig.admin("vm", vm, "--files", path)
            #expect(file.exitCode == 0 && file.stdout.contains("agent_id"), "\(file)")
            for text in [logs.stdout, file.stdout] {
                #expect(!text.contains("hunter2-is-a-secret") && !text.contains("top-secret"))
            }
            let show = rig.script(
                "cpi-admin", "vm", vm, "--files", "/var/vcap/data/bytes", "--config",
                rig.configurationPath)
            let bytes = try Command.shell("\(show) | od -An -tx1")
            #expect(bytes.trimmingCharacters(in: .whitespacesAndNewlines) == "ff 01", "as it is")
            let missing = try rig.admin("vm", vm, "--files", "/no/such")
            #expect(missing.exitCode == 1 && missing.stderr.contains("has no file /no/such"))
            let page = try JSON(parsing: rig.admin("vm", vm, "--json").stdout.utf8)
            #expect(page["status"] == "exited" && page["agent_up"].isNull)
        }

        @Test("doctor tells of what is well, what is not and what to do, with an exit code")
        func doctor() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            func findings() throws -> (run: Command.Result, list: [JSON]) {
                let run = try rig.admin("doctor", "--json")
                return (run, try JSON(parsing: run.stdout.utf8)["findings"].array ?? [])
            }
            let well = try findings()
            #expect(well.run.exitCode == 0, "\(well.run)")
            for what in [
                "configuration", "journal", "locks", "docker", "storage", "cgroups",
                "clock", "privileged", "operations", "attach \(vm)",
            ] {
                let one = well.list.first { $0["what"].string == what }
                #expect(one?["level"] == "ok", "\(what): \(one?.text ?? "is missing")")
            }
            let sockets = well.list.filter { $0["what"] == "socket" }.map { $0["level"] }
            #expect(sockets == (rig.testEngine.tls == nil ? ["ok"] : []))
            try rig.engine.setRestartPolicy(vm, "always")
            let warned = try findings()
            let policy = warned.list.first { $0["what"].string == "restart \(vm)" }
            #expect(policy?["level"] == "warn" && policy?["ok"] == true)
            #expect(policy?["advice"].string?.contains("docker update") == true)
            #expect(warned.run.exitCode == 0, "a warning is no failure")
            try rig.engine.pauseContainer(vm)
            let paused = try findings()
            let attach = paused.list.first { $0["what"].string == "attach \(vm)" }
            #expect(attach?["level"] == "warn" && attach?.text.contains("is paused") == true)
            #expect(paused.run.exitCode == 0)
            try rig.engine.unpauseContainer(vm)
            var changed = rig.configuration
            changed["timeouts"]["agent_redy"] = 5
            try rig.save(changed)
            let misspelt = try findings()
            let configuration = misspelt.list.first { $0["what"] == "configuration" }
            #expect(configuration?["level"] == "warn" && misspelt.run.exitCode == 0)
            #expect(configuration?.text.contains("timeouts.agent_redy") == true)
            func journal(_ seen: (run: Command.Result, list: [JSON])) -> JSON? {
                seen.list.first { $0["what"].string == "journal" }
            }
            try FileManager.default.removeItem(atPath: rig.journalPath)
            let lost = try findings()
            #expect(lost.run.exitCode == 1 && journal(lost)?["level"] == "fail", "its WAL is there")
            for end in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: rig.journalPath + end)
            }
            let missing = try findings()
            #expect(missing.run.exitCode == 0, "as before the first call")
            #expect(journal(missing)?["level"] == "warn")
            try Data(repeating: 85, count: 30_000).write(
                to: URL(fileURLWithPath: rig.journalPath))
            let failed = try findings()
            #expect(failed.run.exitCode != 0)
            #expect(journal(failed)?["level"] == "fail" && journal(failed)?["ok"] == false)
        }
    }
}
