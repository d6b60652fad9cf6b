import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// What somebody has done by hand, and what the operator's tool says of it.
    @Suite("The operator meets what somebody has done by hand")
    struct AdminIncidentTests {
        private func finding(_ rig: Rig, _ what: String) throws -> JSON? {
            let run = try rig.admin("doctor", "--json")
            #expect(run.exitCode == 0, "a warning at most: \(run)")
            return try JSON(parsing: run.stdout.utf8)["findings"].array?.first {
                $0["what"].string == what
            }
        }

        @Test("A call of the future: doctor says so, for a clock is wrong or was")
        func future() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try rig.result("info", [])
            #expect(try finding(rig, "journal times") == nil)
            try rig.journal("UPDATE operations SET started = started + 3600000")
            let warned = try #require(try finding(rig, "journal times"))
            #expect(warned["level"] == "warn", "\(warned.text)")
            #expect(warned["detail"].string?.contains(" and now it is ") == true, "\(warned.text)")
        }

        @Test(
            "A VM that was stopped and renamed: doctor warns, recover shows first, then says it is stopped"
        )
        func renamed() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            try rig.awaitAgent(vm)
            #expect(try finding(rig, "vm \(vm)") == nil)
            try rig.engine.stopContainer(vm, seconds: 1)
            // Also a name that looks like one of ours.
            let name = "vm-something-else-\(getpid())"
            try rig.engine.renameContainer(vm, to: name)
            let warned = try #require(try finding(rig, "vm \(vm)"))
            #expect(warned["level"] == "warn" && warned.text.contains(name), "\(warned.text)")
            #expect(warned["detail"].string?.hasSuffix("and is stopped") == true)
            #expect(warned["advice"].string?.hasPrefix("cpi-admin recover --config") == true)

            for words in [["recover"], ["recover", "--dry-run"], ["recover", "--vm", vm]] {
                let look = try rig.admin(words)
                #expect(look.exitCode == 2, "\(look)")
                #expect(look.stdout.contains("give container \(name) its name back"), "\(look)")
                #expect(look.stdout.contains("it is stopped, and stays so"))
            }
            #expect(try rig.admin("recover", "--vm", "vm-none").exitCode == 1)
            let json = try JSON(parsing: rig.admin("recover", "--json").stdout.utf8)
            #expect(json["operations"] == [] && json["further"].array?.count == 1)
            #expect(try rig.engine.container(vm) == nil, "looking changes nothing")

            let done = try rig.admin("recover", "--yes")
            #expect(done.exitCode == 0, "\(done)")
            #expect(
                done.stdout.contains("has its name back, and is stopped still: docker start \(vm)"))
            #expect(try rig.engine.inspectContainer(vm).isRunning == false)
            let stopped = try #require(try finding(rig, "vm \(vm)"))
            #expect(stopped["level"] == "warn")
            #expect(stopped["advice"].string?.hasPrefix("docker start \(vm)") == true)
            #expect(try rig.admin("recover").exitCode == 0)
            try rig.engine.startContainer(vm)
            try rig.awaitAgent(vm)
            #expect(try finding(rig, "vm \(vm)") == nil)
        }

        @Test("On a terminal the name is given back after a yes, and not before")
        func asks() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            try rig.engine.renameContainer(vm, to: "elsewhere-\(getpid())")
            let no = try rig.recoverAnswering("n")
            #expect(no.contains("its name back") && no.contains("Do it? [y/N]"), "\(no)")
            #expect(try rig.engine.container(vm) == nil)
            let yes = try rig.recoverAnswering("y")
            #expect(yes.contains("are put in order"), "\(yes)")
            #expect(try rig.engine.inspectContainer(vm).isRunning)
        }

        @Test(
            "A beginning that fits several VMs or disks is an error that names them, and nothing is done"
        )
        func ambiguous() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (one, other) = (
                try rig.interruptedAttach(at: "/commit"), try rig.interruptedAttach(at: "/commit")
            )
            for words in [
                ["vm", "vm-"], ["vm", "vm-", "--logs", "2"], ["recover", "--vm", "vm-", "--yes"],
            ] {
                let run = try rig.admin(words)
                #expect(run.exitCode == 1, "\(run)")
                #expect(run.stderr.contains(one.vm) && run.stderr.contains(other.vm), "\(run)")
            }
            let disks = try rig.admin("recover", "--disk", "disk-", "--yes")
            #expect(disks.exitCode == 1 && disks.stderr.contains(one.disk), "\(disks)")
            #expect(disks.stderr.contains(other.disk))
            for vm in [one.vm, other.vm] {
                #expect(try rig.engine.inspectContainer(vm).isRunning == false)
            }
            // A VM that no journal knows counts as well.
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            let lost = try rig.admin("vm", "vm-")
            #expect(lost.exitCode == 1 && lost.stderr.contains(" or "), "\(lost)")
            let recover = ["recover", "--from-docker", "--older-than", "0", "--yes"]
            let done = try rig.admin(recover)
            #expect(done.exitCode == 0, "\(done)")
            let settled = try rig.admin(recover + ["--vm", "vm-"])
            #expect(settled.exitCode == 1 && settled.stderr.contains(one.vm), "\(settled)")
        }

        @Test(
            "What recovery removes is listed before, and is what goes",
            arguments: ["/start", "/exec"])
        func removals(_ place: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _) = try rig.interruptedAttach(at: place)
            let before = try objects(rig, vm)
            let plan = try JSON(parsing: rig.admin("recover", "--dry-run", "--json").stdout.utf8)
            let said = plan["operations"].array?.first?["recovery"]["removes"].array ?? []
            let text = said.compactMap(\.string).joined(separator: "\n")
            let shown = try rig.admin("recover", "--dry-run").stdout
            #expect(said.allSatisfy { shown.contains($0.string ?? "?") }, "\(shown)")
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            try rig.checkKept(vm)
            // The old one waits for the agent.
            _ = try rig.admin("recover", "--yes")
            let after = try objects(rig, vm)
            let gone = before.filter { after[$0.key] == nil }.values
            #expect(gone.contains("\(vm).op") && gone.count > 1, "\(gone)")
            for name in gone { #expect(text.contains(" \(name)"), "\(name) in \(text)") }
            // The replacement has the VM's name by then: it goes back, or, where it runs, the old one goes.
            let container = place == "/start" ? "container \(vm) (" : "container \(vm).old-"
            #expect(text.contains(container), "\(text)")
        }

        /// The names of what there is of a VM, containers by their ids: they are renamed.
        private func objects(_ rig: Rig, _ vm: String) throws -> [String: String] {
            var found: [String: String] = [:]
            for one in try rig.engine.containers([:]) {
                for name in one.names where name.hasPrefix(vm) { found[one.id] = name }
            }
            let others = try rig.engine.volumes([:]).map(\.name) + rig.engine.imageTags([:])
            for name in others where name.hasPrefix(vm) { found[name] = name }
            return found
        }

        @Test(
            "A VM that was removed by hand: of its disk and of its last copy is said what is known")
        func removedByHand() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.engine.removeContainer(vm, force: true)
            let disks = try JSON(parsing: rig.admin("disks", "--json").stdout.utf8)
            let entry = disks["disks"].array?.first { $0["disk"].string == disk }
            #expect(entry?["detached_since"].isNull == true, "\(disks.text)")
            #expect(entry?["detached_after"].string?.hasPrefix("20") == true)
            #expect(try rig.admin("disks").stdout.contains("unknown, after 20"))

            let orphans = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
            let image = orphans["orphans"].array?.first { $0["kind"] == "image" }
            let command = try #require(image?["command"].string)
            #expect(command.hasSuffix("bosh delete-vm \(vm)") && !command.contains("recover"))
            let page = try rig.admin("vm", vm)
            #expect(page.exitCode == 1 && page.stderr.contains("is the last copy of it"), "\(page)")
            #expect(page.stderr.contains("cpi-admin orphans --config"))
            try rig.result("delete_vm", [.string(vm)])
            #expect(try rig.leftovers([vm]) == [], "it works")
            #expect(try rig.admin("orphans").stdout.contains(vm) == false)
        }

        @Test("A paused VM is called paused, and nothing is said of when that was")
        func paused() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.engine.pauseContainer(vm)
            defer { try? rig.engine.unpauseContainer(vm) }
            let page = try rig.admin("vm", vm).stdout
            #expect(
                page.contains("paused, started 20") && !page.contains("paused since"), "\(page)")
            #expect(page.contains("docker unpause \(vm)") && !page.contains("does not run"))
            #expect(try JSON(parsing: rig.admin("vm", vm, "--json").stdout.utf8)["paused"] == true)
            let show = try rig.admin("journal", "show", "last:attach_disk").stdout
            #expect(show.contains("mounted by \(vm), which is paused"), "\(show)")
        }

        @Test("Closing an operation that is half done says so first")
        func resolves() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _) = try rig.interruptedAttach(at: "/commit")
            let id = try #require(try rig.story("attach_disk")["id"].string)
            let orphan = try rig.admin("orphans").stdout
            #expect(orphan.contains("cpi-admin recover \(id) --config"), "the journal has it")
            #expect(try rig.admin("journal", "--open").exitCode == 2)
            let close = ["recover", "resolve", id, "--as", "failed", "--reason", "as it is"]
            let run = try rig.admin(close)
            #expect(run.exitCode == 0 && run.stdout.contains("is closed as failed"), "\(run)")
            for words in [
                "is half done in Docker", "seen: the old container", "recovery would: roll back",
                "the next call on the VM settles it all the same",
            ] { #expect(run.stderr.contains(words), "\(words) in \(run.stderr)") }
            #expect(try rig.admin("journal", "--open").exitCode == 0)
            let left = try #require(try finding(rig, "vm \(vm)"))
            #expect(left["level"] == "warn", "\(left.text)")
            #expect(left["detail"].string?.contains("closed as failed, has left its mark") == true)
            #expect(left["advice"].string?.contains("--from-docker \(id)") == true)
            try rig.result("reboot_vm", [.string(vm)])
            try rig.checkKept(vm)
            #expect(try finding(rig, "vm \(vm)") == nil)
        }
    }
}
