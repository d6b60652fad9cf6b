import Foundation
import Journal
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Several at once")
    struct ConcurrencyTests {
        /// Runs calls at the same time; their answers in the order of the calls.
        private func together(_ rig: Rig, _ calls: [(String, JSON)]) throws -> [Answer] {
            nonisolated(unsafe) var answers = [Answer?](repeating: nil, count: calls.count)
            nonisolated(unsafe) let rig = rig
            let lock = NSLock()
            let done = DispatchGroup()
            for (index, (method, arguments)) in calls.enumerated() {
                done.enter()
                Thread.detachNewThread {
                    let answer = try? rig.call(method, arguments)
                    lock.withLock { answers[index] = answer }
                    done.leave()
                }
            }
            done.wait()
            return try answers.map { try #require($0) }
        }

        @Test("One disk attached to two VMs at once: one gets it, the other is refused by name")
        func oneDiskTwoVMs() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let vms = [try rig.makeVM(rig.network()), try rig.makeVM(rig.network())]
            let answers = try together(
                rig, vms.map { ("attach_disk", [.string($0), .string(disk)]) })
            let failed = answers.filter { !$0.json["error"].isNull }
            #expect(failed.count == 1)
            #expect(
                vms.contains { failed.first?.errorMessage.contains("VM \($0) has it") ?? false })
            for vm in vms { #expect(try rig.engine.inspectContainer(vm).isRunning) }
        }

        @Test("The same attach twice at once: one restart, the same hint for both")
        func sameAttachTwice() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            let call = ("attach_disk", [.string(vm), .string(disk)] as JSON)
            let answers = try together(rig, [call, call])
            #expect(
                answers.map(\.result)
                    == Array(repeating: .string("/warden-cpi-dev/\(disk)"), count: 2))
            let replaced = try Journal(reading: rig.journalPath).operations(
                OperationFilter(about: vm, limit: 9)
            )
            .filter { $0.method == "attach_disk" && $0.step != nil }
            #expect(replaced.count == 1)
        }

        @Test("Many VMs on a new network at once: one network, every VM made")
        func manyVMs() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let subnet = Rig.subnets.next()
            let calls = (10..<16).map { host in
                ("create_vm", rig.vmArguments(rig.network(subnet, host)))
            }
            let answers = try together(rig, calls)
            let vms = answers.compactMap { $0.result.array?.first?.string }
            #expect(vms.count == calls.count, "\(answers.map(\.stdout))")
            rig.later { for vm in vms { _ = try? rig.call("delete_vm", [.string(vm)]) } }
            let same = try rig.engine.networks().filter { $0.name == "cpi-e2e-\(subnet)" }
            #expect(same.count == 1)
        }

        @Test("96 processes at once: none fails, every call is in the journal")
        func manyProcesses() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let answers = try together(
                rig, Array(repeating: ("create_disk", [16, [:], .null]), count: 96))
            let bad = answers.filter { !$0.json["error"].isNull || !$0.stderr.isEmpty }
            #expect(bad.isEmpty, "\(bad.prefix(3))")
            let journal = try Journal(reading: rig.journalPath)
            #expect(
                try journal.operations(OperationFilter(limit: 200)).filter { $0.state == .done }
                    .count == 96)
            let disks = answers.compactMap(\.result.string)
            let deleted = try together(rig, disks.map { ("delete_disk", [.string($0)]) })
            #expect(deleted.allSatisfy { $0.json["error"].isNull && $0.stderr.isEmpty })
            #expect(try journal.check() == [])
        }

        @Test("recover leaves an operation alone whose process lives")
        func liveOwner() throws {
            let rig = try Rig { $0["timeouts"]["agent_ready"] = 30 }
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            // Without its agent the call waits, and is alive while it does.
            _ = try rig.shell(vm, "mv /var/vcap/bosh/bin/bosh-agent /var/vcap/bosh/bin/hidden")
            let request = Rig.request("attach_disk", [.string(vm), .string(disk)])
            try Data(request).write(to: URL(fileURLWithPath: rig.directory + "/request"))
            let call = try Command.start(
                "/bin/bash", ["-c", "exec \(rig.callScript) <'\(rig.directory)/request'"])
            defer { call.stop() }
            let journal = { try Journal(reading: rig.journalPath) }
            for _ in 0..<100 {
                let operation = try journal().operation("last")
                if operation.step?.hasPrefix("await agent") == true { break }
                usleep(100_000)
            }
            let id = try journal().operation("last").id
            let recovered = try rig.admin("recover", id, "--yes")
            #expect(recovered.exitCode == 4, "\(recovered)")
            #expect(recovered.stderr.contains("process"), "\(recovered.stderr)")
            #expect(try rig.admin("recover").stdout.contains("is at work"))
            call.stop()
            #expect(try rig.admin("journal", "list").stdout.contains("interrupted"))
            var impatient = rig.configuration
            impatient["timeouts"]["agent_ready"] = 2
            try rig.save(impatient)
            let finished = try rig.admin("recover", "--yes")
            #expect(finished.exitCode == 0, "\(finished)")
            #expect(try rig.result("get_disks", [.string(vm)]) == [.string(disk)])
            let aside = try rig.leftovers([vm]).filter { $0.contains(".old-") }
            #expect(aside.count == 1, "kept until the agent has been seen")
            #expect(try rig.admin("orphans").exitCode == 2)
        }
    }
}
