import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// What was lost when somebody else acted.
    @Suite("Custody: nothing of a VM is lost, whoever acts")
    struct CustodyCarrierTests {
        @Test(
            "a prune while the VM is stopped: all copies are gone, and that is said",
            arguments: [WireProxy.Fault.pass, .killBefore])
        func pruned(_ fault: WireProxy.Fault) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let answer = try custody.call("attach_disk", { $0.arm("/commit", fault) }) {
                try custody.outsider.pruneContainers()
            }
            if !fault.isKill {
                #expect(answer.errorMessage.contains("all copies"), "\(answer.stdout)")
                #expect(!answer.errorMessage.contains("Rolled back"), "\(answer.stdout)")
            }
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 3, "\(recovered)")
            #expect(recovered.stdout.contains("all copies"), "\(recovered)")
            #expect(!recovered.stdout.contains("done: rolled back"), "\(recovered)")
            #expect(try custody.isParked())
            #expect(try rig.result("has_disk", [.string(custody.disk)]) == true)
            // What a director does then ends it.
            try rig.result("delete_vm", [.string(custody.vm)])
            #expect(try rig.leftovers([custody.vm]) == [])
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test("Somebody runs the committed image to look into it: that is no replacement")
        func imageIsRun() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let answer = try custody.call("attach_disk", { $0.arm("/commit", .killAfter) })
            #expect(answer.wasKilled)
            let images = try rig.engine.imageTags(["label": ["io.bosh.vm=\(custody.vm)"]])
            let image = try #require(images.first)
            let made = try rig.engine.createContainer(
                "debug-\(UUID().uuidString)",
                ["Image": .string(image), "Entrypoint": ["sleep"], "Cmd": ["9999"]])
            defer { try? custody.outsider.remove(made.id) }
            try custody.outsider.start(made.id)
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            let vm = try rig.engine.inspectContainer(custody.vm)
            #expect(vm.isRunning && vm.id != made.id)
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            #expect(try rig.engine.inspectContainer(made.id).isRunning)
            try custody.outsider.remove(made.id)
            try custody.check()
        }

        @Test(
            "both containers are gone: the VM is made again from its image and volumes",
            arguments: ["recover", "attach_disk"])
        func onlyImage(_ way: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(
                rig, prepare: "head -c 200000000 /dev/urandom >/etc/big; sync")
            let sum = try rig.shell(custody.vm, "sha256sum </etc/big")
            let place: (WireProxy) -> Void = { $0.arm("/containers/create", .killBefore) }
            #expect(try custody.call("attach_disk", place).wasKilled)
            try custody.outsider.pruneContainers()
            try #require(try custody.containers().isEmpty)

            let listed = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
            for orphan in listed["orphans"].array ?? [] {
                let command = orphan["command"].string ?? ""
                #expect(!(command.contains(" rm ") && command.contains(custody.vm)), "\(orphan)")
            }
            if way == "recover" {
                let recovered = try rig.admin("recover", "--yes")
                #expect(recovered.exitCode == 0, "\(recovered)")
                try custody.check()
            }
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            try custody.check()
            #expect(try rig.shell(custody.vm, "sha256sum </etc/big") == sum)
            #expect(
                try rig.result("get_disks", [.string(custody.vm)]) == [.string(custody.disk)])
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
        }

        @Test(
            "the old container is started behind our back: seen before the next step",
            arguments: ["/commit", "/containers/create", "/rename"])
        func oldStarted(_ place: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, network: try rig.dynamicNetwork())
            let answer = try custody.call("attach_disk", { $0.arm(place, .pass) }) {
                try custody.outsider.start(custody.before.id)
                try custody.outsider.write(custody.before.id, "/etc/later")
            }
            #expect(!answer.json["error"].isNull, "\(answer.stdout)")
            try custody.check()
            #expect(try rig.engine.inspectContainer(custody.vm).id == custody.before.id)
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
            try rig.result("attach_disk", custody.arguments("attach_disk"))
            try custody.check()
            #expect(try rig.shell(custody.vm, "cat /etc/later") == "written")
        }

        @Test(
            "the old container is started as the new one is, or later: a person",
            arguments: [true, false])
        func bothRun(_ isLater: Bool) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig, network: try rig.dynamicNetwork())
            let old = custody.before.id
            let place: (WireProxy) -> Void = { proxy in
                isLater ? proxy.arm("/exec", after: "/start", .pass) : proxy.arm("/start", .pass)
            }
            _ = try custody.call("attach_disk", place) {
                try custody.outsider.start(old)
                try custody.outsider.write(old, "/etc/later")
            }
            let new = try #require(try custody.replacement()).id
            _ = try custody.checkPerson(old, new)
            #expect(try custody.outsider.has(old, "/etc/later"))
            #expect(try custody.outsider.has(new, "/etc/marker"))
        }

        @Test(
            "the old container ran again while the agent was waited for: kept, and said",
            arguments: [true, false])
        func oldReran(_ hasJournal: Bool) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            // An agent that cannot start is waited for until the kill.
            let custody = try Custody(
                rig, network: try rig.dynamicNetwork(),
                prepare: "chmod 0 /var/vcap/bosh/bin/bosh-agent")
            let old = custody.before.id
            let place: (WireProxy) -> Void = {
                $0.arm("/exec", after: "/start", number: 12, .killBefore)
            }
            #expect(try custody.call("attach_disk", place).wasKilled)
            let new = try #require(try custody.replacement()).id
            try custody.outsider.start(old)
            try custody.outsider.write(old, "/etc/later")
            try custody.outsider.stop(old)
            try custody.outsider.write(new, "/etc/newer")
            if !hasJournal {
                try FileManager.default.removeItem(atPath: rig.directory + "/journal")
                let recovered = try rig.recoverFromDocker()
                #expect(recovered.exitCode == 3, "\(recovered)")
            } else {
                let recovered = try custody.checkPerson(old, new)
                #expect(
                    recovered.stdout.contains(old.prefix(12)), "what to compare: \(recovered)")
            }
            // Nobody else has to wait for that person.
            try rig.result("set_vm_metadata", [.string(custody.vm), ["job": "x"]])
            #expect(try rig.result("has_vm", [.string(custody.vm)]) == true)
            try rig.result("reboot_vm", [.string(custody.vm)])
            #expect(try custody.outsider.has(old, "/etc/later"))
            #expect(try custody.outsider.has(new, "/etc/newer"))
            try rig.result("delete_vm", [.string(custody.vm)])
            #expect(try rig.leftovers([custody.vm]) == [])
        }

        @Test("a stop that was not begun is not undone")
        func notBegun() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let place: (WireProxy) -> Void = { $0.arm("/volumes/create", .killAfter) }
            #expect(try custody.call("attach_disk", place).wasKilled)
            try custody.outsider.stop(custody.vm)
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            #expect(try custody.running() == [], "the operator has stopped it")
            #expect(try rig.leftovers([custody.vm]) == [custody.vm, "\(custody.vm)-ephemeral"])
            try rig.result("reboot_vm", [.string(custody.vm)])
            try custody.check()
        }

        @Test("a remnant without mark and journal can only go back")
        func remnant() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let place: (WireProxy) -> Void = { $0.arm("/rename", .killBefore) }
            #expect(try custody.call("attach_disk", place).wasKilled)
            try #require(try custody.replacement() != nil)
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            try rig.engine.removeVolume("\(custody.vm).op")
            let recover = ["recover", "--from-docker", "--older-than", "0", "--yes"]
            let forced = try rig.admin(recover + ["--forward"])
            #expect(forced.exitCode == 0 && forced.stdout.contains("rolled back"), "\(forced)")
            #expect(!forced.stdout.contains("unknown"), "no disk has that name: \(forced)")
            for container in try custody.containers() {
                let names = container.mounts.map(\.name)
                #expect(!names.contains("unknown"), "\(container.name): \(names)")
            }
            #expect(try rig.engine.volume("unknown") == nil)
            rig.later(.disks) { try? rig.engine.removeVolume("unknown") }
            #expect(try rig.engine.inspectContainer(custody.vm).id == custody.before.id)
            #expect(try rig.admin(recover).exitCode == 0)
            try rig.result("reboot_vm", [.string(custody.vm)])
            try custody.check()
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
        }
    }
}
