import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("The operator settles an incident")
    struct AdminRecoveryTests {
        @Test(
            "An open operation is shown with what Docker says, the row of the table and what to do")
        func shown() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.interruptedAttach(at: "/commit")
            try rig.engine.startContainer(vm)
            let show = try rig.admin("journal", "show", "last:attach_disk").stdout
            for words in [
                "Docker now", "started after this operation's last event",
                "disk \(disk): no container has it", "would: roll back",
                "because: the old container", "is running", "rule: back while",
                "removes: volume \(vm).op",
                "Next: cpi-admin recover",
            ] { #expect(show.contains(words), "\(words) in \(show)") }
            let json = try rig.story("attach_disk")
            #expect(json["recovery"]["action"] == "roll back")
            #expect(json["docker"].array?.count == 2 && json["docker_trouble"].isNull)
            let plan = try rig.admin("recover", "--dry-run")
            #expect(plan.exitCode == 2 && plan.stdout.contains("the replacement is not there"))
            let unknown = try rig.admin("recover", "--vm", "vm-none", "--yes")
            #expect(unknown.exitCode == 1)
            #expect(unknown.stderr.contains("neither Docker nor the journal knows a vm vm-none"))
            #expect(try rig.admin("recover", "--older-than", "0").exitCode == 64)
            let named = try rig.admin("recover", "1m84tk", "--older-than", "0")
            #expect(named.exitCode != 64, "\(named)")
            let ages = try rig.admin(
                "recover", "--from-docker", "--older-than", "\(Int.max)", "--dry-run")
            #expect(ages.exitCode == 64 && ages.stderr.contains("from 0 to "), "\(ages)")
            #expect(try rig.admin("recover", "--dry-run", "--yes").exitCode == 64)
            let done = try rig.admin("recover", "--vm", vm, "--yes")
            #expect(done.exitCode == 0 && done.stdout.contains("done: rolled back"), "\(done)")
            try rig.checkKept(vm)
        }

        @Test("What Docker shows and a new journal does not know is told of, with what settles it")
        func unrecorded() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _) = try rig.interruptedAttach(at: "/commit")
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            _ = try rig.call("info", [])
            for words in [["recover"], ["recover", "--yes"], ["recover", "--vm", vm]] {
                let told = try rig.admin(words)
                #expect(told.exitCode == 2, "\(told)")
                #expect(told.stderr.contains("does not know: operation "), "\(told)")
                #expect(told.stderr.contains("recover --from-docker"), "\(told)")
            }
            let done = try rig.recoverFromDocker()
            #expect(done.exitCode == 0, "\(done)")
            let after = try rig.admin("recover")
            #expect(after.exitCode == 0 && after.stderr.isEmpty, "\(after)")
            try rig.checkKept(vm)
        }

        @Test("On a terminal it asks, and does nothing without a yes")
        func asks() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _) = try rig.interruptedAttach(at: "/commit")
            let no = try rig.recoverAnswering("n")
            #expect(no.contains("Do it? [y/N]") && no.contains("roll back"), "\(no)")
            #expect(try rig.engine.inspectContainer(vm).isRunning == false)
            #expect(try rig.admin("recover").exitCode == 2)
            let yes = try rig.recoverAnswering("y")
            #expect(yes.contains("done: rolled back"), "\(yes)")
            #expect(yes.contains("take back: stop container "), "progress")
            #expect(yes.contains("take back, if it was begun: start container "), "\(yes)")
            #expect(try rig.admin("recover").exitCode == 0)
            try rig.checkKept(vm)
        }

        @Test(
            "An operation can be left to a person and closed by one: both are added to its events")
        func decisions() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.interruptedAttach(at: "/commit")
            let id = try #require(try rig.story("attach_disk")["id"].string)
            #expect(try rig.admin("recover", "park", id, "--reason", " ").exitCode == 64)
            let events = try rig.story("attach_disk")["events"].array?.count ?? 0
            let park = try rig.admin(
                "recover", "park", id, "--reason", "the vendor looks, password=hunter2secret")
            #expect(park.exitCode == 0, "\(park)")
            let skipped = try rig.admin("recover", "--yes")
            #expect(skipped.exitCode == 3 && skipped.stdout.contains("the vendor looks"))
            #expect(try rig.engine.inspectContainer(vm).isRunning == false, "it is left alone")
            let parked = try rig.story("attach_disk")
            #expect(parked["state"] == "parked" && parked["events"].array?.count == events + 2)
            #expect(parked["error"].string?.contains("the vendor looks") == true)
            #expect(!parked.text.contains("hunter2secret"))
            let resolve = try rig.admin(
                "recover", "resolve", id, "--as", "rolled-back", "--reason", "started by hand")
            #expect(resolve.exitCode == 0, "\(resolve)")
            let closed = try rig.story("attach_disk")
            #expect(closed["state"] == "rolled-back")
            #expect(closed["events"].array?.count == events + 4)
            #expect(try rig.admin("recover").exitCode == 0, "nothing is open")
            let again = try rig.admin(
                "recover", "resolve", id, "--as", "done", "--reason", "twice")
            #expect(again.exitCode == 1 && again.stderr.contains("is not open"), "\(again)")
            #expect(try rig.admin("journal", "verify").exitCode == 0)
            // Docker is as it was; its mark still tells of the operation.
            let last = try rig.recoverFromDocker()
            #expect(last.exitCode == 0, "\(last)")
            try rig.checkKept(vm)
            #expect(try rig.result("attach_disk", [.string(vm), .string(disk)]).string != nil)
        }

        @Test(
            "A disk that nobody knows of goes only when its name is typed, and what is in use stays"
        )
        func orphans() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (disk, kept) = (try rig.makeDisk(), try rig.makeDisk())
            #expect(try rig.admin("orphans").exitCode == 0)
            // As if nobody had been reading when create_disk answered.
            try rig.journal("UPDATE operations SET replied = 'lost' WHERE method = 'create_disk'")
            try rig.result("set_disk_metadata", [.string(kept), ["a": "b"]])
            let list = try JSON(parsing: rig.admin("orphans", "--sizes", "--json").stdout.utf8)
            let found = try #require(list["orphans"].array)
            #expect(found.map { $0["name"].string } == [disk], "a later call knows the other one")
            #expect(found[0]["removable"] == true && found[0]["created"].string != nil)
            #expect(found[0]["bytes"].int != nil)
            func remove(_ typed: String) throws -> Command.Result {
                try rig.admin(["orphans", "--remove", "volume"], input: "\(typed)\n")
            }
            #expect(try remove("y").stdout.contains("\(disk): kept"))
            #expect(try rig.engine.volume(disk) != nil)
            let done = try remove(disk)
            #expect(done.exitCode == 0 && done.stdout.contains("\(disk): removed"), "\(done)")
            #expect(try rig.engine.volume(disk) == nil && rig.engine.volume(kept) != nil)
        }

        @Test("What another director has on the same Docker is named as that one's, and stays")
        func otherDirector() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            _ = try rig.makeDisk()
            let vm = "vm-\(UUID().uuidString.lowercased())"
            let volume = "\(vm)-ephemeral"
            rig.later(.disks) { try? rig.engine.removeVolume(volume) }
            func listed(of director: String) throws -> JSON? {
                try? rig.engine.removeVolume(volume)
                _ = try rig.engine.createVolume(
                    volume, labels: ["io.bosh.vm": vm, "io.bosh.director": director])
                let list = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
                return list["orphans"].array?.first { $0["name"].string == volume }
            }
            let own = try listed(of: "e2e")
            #expect(own?["removable"] == true && own?.text.contains("e2e") == false)
            let other = try listed(of: "another-director")
            #expect(other?["removable"] == false)
            #expect(other?["reason"].string?.contains("of director another-director") == true)
            let remove = try rig.admin(["orphans", "--remove", "volume"], input: "y\n")
            #expect(remove.stdout.contains("\(volume): kept"), "\(remove)")
            #expect(try rig.engine.volume(volume) != nil)
            // Without its journal the CPI does not know its own director either.
            _ = try listed(of: "e2e")
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            let lost = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
            let known = lost["orphans"].array?.first { $0["name"].string == volume }
            #expect(known?["removable"] == false, "\(lost.text)")
        }
    }
}

extension Rig {
    /// `cpi-admin recover` on a terminal, where somebody types `text` after two seconds: what it showed.
    func recoverAnswering(_ text: String) throws -> String {
        let recover = script("cpi-admin", "recover", "--config", configurationPath)
        return try Command.shell(
            """
            (sleep 2; echo \(text); sleep 20) | timeout 15 script -qec "\(recover)" /dev/null || true
            """)
    }
}
