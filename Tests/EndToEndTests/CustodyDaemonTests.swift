import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// A daemon that dies, is slow, or answers badly for a moment.
    @Suite("Custody: what Docker does in its own time")
    struct CustodyDaemonTests {
        @Test(
            "what ran last is the VM, though it came up behind our back",
            .enabled(if: TestEngine.all.allSatisfy { $0.privateName != nil }),
            arguments: ["reboot_vm", "recover"])
        func upBehindOurBack(_ way: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(
                rig, properties: ["RestartPolicy": ["Name": "always"]])
            let place: (WireProxy) -> Void = { $0.arm("/exec", after: "/start", .cut) }
            let answer = try custody.call("attach_disk", place) {
                try rig.testEngine.daemon("kill")
            }
            #expect(!answer.json["error"].isNull, "\(answer.stdout)")
            #expect(!answer.errorMessage.contains("everything is as it was"), "\(answer.stdout)")
            try rig.testEngine.daemon("resume")
            let new = try #require(try custody.replacement()).id
            // Docker brings it up by its restart policy, or else an operator does.
            for _ in 0..<30 where try !rig.engine.inspectContainer(new).isRunning {
                usleep(100_000)
            }
            try custody.outsider.start(new)
            try custody.outsider.write(new, "/etc/later")
            if way == "recover" { #expect(try rig.admin("recover", "--yes").exitCode == 0) }
            try rig.result("reboot_vm", [.string(custody.vm)])
            try custody.check()
            #expect(try rig.shell(custody.vm, "cat /etc/later") == "written")
            #expect(try rig.engine.inspectContainer(custody.vm).id == new)
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
        }

        @Test(
            "the host dies after the pivot: the new container comes up with it, and not the old one",
            .enabled(if: TestEngine.all.allSatisfy { $0.privateName != nil }))
        func hostDies() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let pivot: (WireProxy) -> Void = { $0.arm("/update", after: "/start", .killAfter) }
            #expect(try custody.call("attach_disk", pivot).wasKilled)
            let new = try rig.engine.inspectContainer(custody.vm).id
            #expect(new != custody.before.id)
            try custody.outsider.write(new, "/etc/later")
            try rig.testEngine.daemon("reboot")
            for _ in 0..<100 where try rig.containerRuns(custody.vm) != true { usleep(100_000) }
            #expect(try rig.containerRuns(custody.vm) == true)
            #expect(try rig.containerRuns(custody.before.id) == false)
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            #expect(try rig.shell(custody.vm, "cat /etc/later") == "written")
            try custody.check()
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
        }

        /// Makes the VM take `seconds` to stop from its next start on.
        private func slow(_ custody: Custody, _ seconds: Int) throws -> Custody {
            let rig = custody.rig
            let script = """
                sed -i "s/^trap 'exit 0' TERM/trap 'sleep \(seconds); exit 0' TERM/" \
                  /usr/sbin/runsvdir-start
                grep -c 'sleep \(seconds); exit' /usr/sbin/runsvdir-start
                """
            try #require(try rig.shell(custody.vm, script) == "1")
            try rig.result("reboot_vm", [.string(custody.vm)])
            try rig.awaitAgent(custody.vm)
            let before = try rig.engine.inspectContainer(custody.vm)
            return Custody(rig: rig, vm: custody.vm, disk: custody.disk, before: before)
        }

        @Test(
            "a stop that Docker is still at is finished before it is undone",
            arguments: ["recover", "next call", "from Docker"])
        func slowStop(_ way: String) throws {
            let rig = try Rig { $0["timeouts"]["stop"] = 30 }
            defer { rig.tearDown() }
            let custody = try slow(try Custody(rig), 8)
            let place: (WireProxy) -> Void = { $0.arm("/stop", .killDuring) }
            let killed = Date()
            #expect(try custody.call("attach_disk", place).wasKilled)
            switch way {
            case "recover": #expect(try rig.admin("recover", "--yes").exitCode == 0)
            case "from Docker":
                try FileManager.default.removeItem(atPath: rig.directory + "/journal")
                #expect(try rig.recoverFromDocker().exitCode == 0)
            default: try rig.result("detach_disk", custody.arguments("detach_disk"))
            }
            // Until after Docker's own stop is over.
            while killed.timeIntervalSinceNow > -14 { usleep(200_000) }
            try custody.check()
            let open = way == "from Docker" ? ["recover", "--from-docker"] : ["recover"]
            #expect(try rig.admin(open).exitCode == 0, "nothing is open")
        }

        @Test(
            "one request of the agent's probe that fails is asked again",
            arguments: [WireProxy.Fault.status500, .cut], ["attach_disk", "detach_disk"])
        func probe(_ fault: WireProxy.Fault, _ method: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            // The agent takes so long that the request which fails is one of the waiting.
            let custody = try Custody(
                rig, attached: method == "detach_disk",
                prepare: "sed -i '2i sleep 5' /var/vcap/bosh/bin/bosh-agent")
            let place: (WireProxy) -> Void = {
                $0.arm("/exec", after: "/start", number: 13, fault)
            }
            let answer = try custody.call(method, place)
            #expect(answer.json["error"].isNull, "\(answer.stdout)")
            #expect(try rig.agent(custody.vm, "ping").exitCode == 0, "it was waited for")
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
            #expect(try rig.admin("recover").exitCode == 0, "nothing is open")
            try custody.check()
        }

        @Test(
            "a removal that Docker fails in for a moment is tried again",
            arguments: ["attach_disk", "delete_vm"])
        func removal(_ method: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let answer = try custody.call(method, { $0.arm("DELETE ", .status500) })
            #expect(answer.json["error"].isNull, "\(answer.stdout)")
            #expect(answer.stderr.isEmpty, "\(answer.stderr)")
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
            #expect(try rig.admin("recover").exitCode == 0, "nothing is open")
            if method == "delete_vm" { #expect(try rig.leftovers([custody.vm]) == []) }
        }
    }
}
