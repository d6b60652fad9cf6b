import Foundation
import Journal
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("The operator's tool")
    struct AdminTests {
        @Test("An interrupted operation is shown, explained, and settled on demand")
        func recoverShowsAndDoes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.interruptedAttach(at: "/commit")
            let list = try rig.admin("journal")
            #expect(list.stdout.contains("interrupted") && list.exitCode == 0)
            let look = try rig.admin("recover")
            #expect(look.exitCode == 2 && look.stdout.contains("roll back"), "\(look)")
            #expect(
                try rig.engine.inspectContainer(vm).isRunning == false, "looking changes nothing")
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            #expect(try rig.result("get_disks", [.string(vm)]) == [])
            let done = try rig.admin("recover", "--yes")
            #expect(done.exitCode == 0 && done.stdout.contains("done: rolled back"), "\(done)")
            try rig.awaitAgent(vm)
            #expect(try rig.leftovers([vm]) == [vm, "\(vm)-ephemeral"])
            let again = try rig.admin("recover", "--yes")
            #expect(again.exitCode == 0 && again.stdout.contains("no open operations"))
            let story = try rig.admin("journal", "show", try operation(rig, "attach_disk").id)
                .stdout
            #expect(story.contains("undone") && story.contains("rolled-back"), "\(story)")
            #expect(try rig.result("attach_disk", [.string(vm), .string(disk)]).string != nil)
        }

        @Test("An operator may choose the way of a replacement")
        func wishes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let first = try rig.interruptedAttach(at: "/commit")
            let id = try operation(rig, "attach_disk").id
            #expect(try rig.admin("recover", "--forward").exitCode == 64, "the id is missing")
            let forward = try rig.admin("recover", id, "--forward", "--yes")
            #expect(
                forward.exitCode == 0 && forward.stdout.contains("done: finished"), "\(forward)")
            #expect(try rig.result("get_disks", [.string(first.vm)]) == [.string(first.disk)])

            let second = try rig.interruptedAttach(at: "/start")
            let open = try operation(rig, "attach_disk").id
            let back = try rig.admin("recover", open, "--back", "--yes")
            #expect(back.exitCode == 0 && back.stdout.contains("done: rolled back"), "\(back)")
            #expect(try rig.result("get_disks", [.string(second.vm)]) == [])
            try rig.awaitAgent(second.vm)
            #expect(try rig.leftovers([second.vm]).count == 2)

            // The first exec is in the replacement, which runs already: what ran last is the VM.
            let third = try rig.interruptedAttach(at: "/exec")
            let last = try operation(rig, "attach_disk").id
            let refused = try rig.admin("recover", last, "--back", "--yes")
            #expect(
                refused.exitCode == 0
                    && refused.stdout.contains("as things are, it cannot go back"), "\(refused)")
            #expect(try rig.result("get_disks", [.string(third.vm)]) == [.string(third.disk)])
            try rig.checkKept(third.vm)
        }

        @Test("Without a journal the marks in Docker are enough")
        func fromDocker() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _) = try rig.interruptedAttach(at: "/start", .killAfter)
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            #expect(try rig.admin("orphans").stdout.contains("attach_disk"))
            #expect(try rig.admin("recover").exitCode == 5)
            let recover = ["recover", "--from-docker", "--yes"]
            let young = try rig.admin(recover + ["--older-than", "600"])
            #expect(young.exitCode == 2 && young.stderr.contains("--older-than 0"), "\(young)")
            #expect(young.stdout.contains("no open operation that is old enough"), "\(young)")
            // The lock of the call tells that it is dead.
            let done = try rig.admin(recover)
            #expect(done.exitCode == 0, "\(done)")
            try rig.awaitAgent(vm)
            #expect(try rig.leftovers([vm]).filter { $0.contains(".") } == [])
            #expect(try rig.admin("orphans").stdout.contains(vm) == false)
        }

        @Test("The next call on the VM heals it first")
        func nextCallHeals() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.interruptedAttach(at: "/rename", .killAfter)
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            #expect(try operation(rig, "attach_disk").state == .rolledBack)
            try rig.result("delete_disk", [.string(disk)])
        }

        @Test("Lists and stories, by prefix, as text and as JSON")
        func listing() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try rig.result("info", [])
            let disk = try rig.makeDisk()
            _ = try rig.call("attach_disk", ["vm-none", .string(disk)])
            let lines = try rig.admin("journal", "list").stdout.split(separator: "\n")
            #expect(
                lines[0].split(separator: " ").map(String.init)
                    == ["ID", "STATE", "METHOD", "VM", "DISK", "STEP", "STARTED", "DURATION"])
            #expect(lines[1].contains("attach_disk") && lines[1].contains("failed"), "newest first")
            #expect(lines[3].contains("info"))
            #expect(try rig.admin("journal", "--changes").stdout.contains("info") == false)
            #expect(try rig.admin("journal", "--about", disk).stdout.contains("info") == false)

            let json = try JSON(parsing: rig.admin("journal", "list", "--json").stdout.utf8)
            #expect(json["schema"] == 1 && json["operations"].array?.count == 3)
            let made = try #require(json["operations"].array?[1])
            #expect(made["method"] == "create_disk" && made["disk"].string == disk)
            let id = try #require(made["id"].string)
            let story = try JSON(
                parsing: rig.admin("journal", "show", String(id.prefix(13)), "--json").stdout.utf8)
            #expect(story["events"].array?.first?["kind"] == "intent")
            #expect(story["plan"]["disk"].string == disk)
            let last = try rig.admin("journal", "show", "last").stdout
            #expect(last.contains("cannot find VM vm-none"), "the error in full")
            #expect(try rig.admin("journal", "show", "zzzz").exitCode == 1)
            #expect(try rig.admin("journal", "show", "1").exitCode == 1, "ambiguous")
            #expect(try rig.admin("journal", "list", "--journal", rig.journalPath).exitCode == 0)
            #expect(try rig.admin("journal", "list", "--journal", "/no/such").exitCode == 5)

            // As the job's wrapper calls it.
            let installed = try Command.run(
                Rig.executables + "/cpi-admin", ["journal"],
                environment: ["DOCKER_CPI_CONFIG": rig.configurationPath])
            #expect(installed.stdout == (try rig.admin("journal").stdout))
        }

        @Test("Exit codes tell a missing journal from a Docker that does not answer")
        func exitCodes() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            #expect(try rig.admin("journal").exitCode == 5)
            #expect(try rig.admin("recover").exitCode == 5)
            try rig.result("info", [])
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("/volumes?", .broken)
            for json in [false, true] {
                let unseen = try rig.through(proxy) {
                    try rig.admin(json ? ["recover", "--json"] : ["recover"])
                }
                #expect(unseen.exitCode == 1, "\(unseen)")
                #expect(unseen.stderr.contains("were not all looked at: "), "\(unseen)")
                #expect(
                    unseen.stdout.contains(json ? "\"trouble\":\"" : "in this journal"), "\(unseen)"
                )
            }
            var configuration = rig.configuration
            configuration["Actions"]["Docker"]["host"] = "unix:///no/such.sock"
            try rig.save(configuration)
            let unreachable = try rig.admin("recover")
            #expect(unreachable.exitCode == 6 && unreachable.stderr.contains("/no/such.sock"))
            #expect(try rig.admin("journal").exitCode == 0, "the journal needs no Docker")
            #expect(try rig.admin("recover", "--nonsense").exitCode == 64)
        }

        private func operation(_ rig: Rig, _ method: String) throws -> JournaledOperation {
            let found = try Journal(reading: rig.journalPath).operations(OperationFilter(limit: 50))
            return try #require(found.first { $0.method == method })
        }
    }
}
