import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Who is at work on what.
    @Suite("Custody: who lives is left alone", .enabled(if: geteuid() == 0))
    struct CustodyOwnerTests {
        private static let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

        private static var hasNobody: Bool {
            let test = nobody + ["test", "-x", Rig.executables + "/docker-cpi"]
            return (try? Command.run("/usr/bin/env", test))?.exitCode == 0
        }

        /// A call of another CPI on this machine, with a journal of its own and without our locks.
        private func other(_ rig: Rig, _ method: String, _ arguments: JSON, _ path: String) throws
            -> Answer
        {
            try rig.send(Rig.request(method, arguments), configuration: path)
        }

        private func checkRefused(_ answers: [Answer], _ operation: String) {
            #expect(answers.count == 3)
            for answer in answers {
                let message = answer.errorMessage
                #expect(message.contains(operation) && message.contains("attach_disk"), "\(answer)")
                #expect(message.contains(Machine.name), "\(answer)")
            }
        }

        /// What another CPI's calls answer while an attach_disk is held in its middle.
        private func meanwhile(
            _ custody: Custody, _ first: [String], _ second: [String], _ path: String
        ) throws {
            let rig = custody.rig
            rig.machine = first
            var answers: [Answer] = []
            var operation = ""
            let place: (WireProxy) -> Void = { $0.arm("/containers/create", .pass) }
            let answer = try custody.call("attach_disk", place) {
                rig.machine = second
                let mark = try rig.engine.volume("\(custody.vm).op")
                operation = mark?.labels["io.bosh.cpi.operation"] ?? "no mark"
                for method in ["reboot_vm", "detach_disk", "delete_vm"] {
                    answers.append(try other(rig, method, custody.arguments(method), path))
                }
            }
            rig.machine = []
            checkRefused(answers, operation)
            #expect(answer.json["error"].isNull, "\(answer.stdout)\(answer.stderr)")
            try custody.check()
            #expect(
                try rig.result("get_disks", [.string(custody.vm)]) == [.string(custody.disk)])
            #expect(try rig.leftovers([custody.vm]).filter { $0.contains(".") } == [])
        }

        @Test("whose locks cannot be seen is another machine, also on this one")
        func anotherNamespace() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let path = try rig.otherConfiguration("other")
            try meanwhile(custody, Machine.named + Machine.blind, [], path)
        }

        @Test(
            "another user's process, whose locks cannot be seen, is as one of another machine",
            .enabled(if: hasNobody))
        func anotherUser() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            // Docker's own socket is root's.
            let open = try WireProxy(rig.directory + "/open.sock", upstream: rig.socket)
            defer { open.stop() }
            chmod(open.path, 0o666)
            let path = try rig.otherConfiguration("nobody") {
                $0["Actions"]["Docker"]["host"] = .string("unix://" + open.path)
            }
            let journal = rig.directory + "/journal-nobody"
            try Command.shell("mkdir '\(journal)' && chown 65534:65534 '\(journal)'")
            try meanwhile(custody, Machine.named, Self.nobody, path)
        }

        @Test(
            "the mark of a superseded operation goes with it",
            arguments: ["next call", "recover", "from Docker"])
        func superseded(_ way: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let vm = custody.vm
            let place: (WireProxy) -> Void = { $0.arm("/containers/create", .killBefore) }
            #expect(try custody.call("attach_disk", place).wasKilled)
            let mark = try #require(try rig.engine.volume("\(vm).op"))
            // Another CPI takes the operation for dead, and does something of its own.
            try rig.engine.removeVolume(mark.name)
            try custody.outsider.start(vm)
            let path = try rig.otherConfiguration("other")
            let second = try rig.makeDisk()
            let attached = try other(rig, "attach_disk", [.string(vm), .string(second)], path)
            try #require(attached.json["error"].isNull, "\(attached.stdout)")
            // The first one's mark is found.
            _ = try rig.engine.createVolume(mark.name, labels: mark.labels)
            rig.later(.disks) { try? rig.engine.removeVolume(mark.name) }
            switch way {
            case "recover": #expect(try rig.admin("recover", "--yes").exitCode == 0)
            case "from Docker":
                try FileManager.default.removeItem(atPath: rig.directory + "/journal")
                #expect(try rig.recoverFromDocker().exitCode == 0)
            default: break
            }
            try rig.result("reboot_vm", [.string(vm)])
            try rig.awaitAgent(vm)
            #expect(try rig.engine.volume(mark.name) == nil)
            for method in ["attach_disk", "detach_disk"] {
                try rig.result(method, custody.arguments(method))
                try custody.check()
            }
            let mounts = try rig.engine.inspectContainer(vm).mounts.map(\.name)
            #expect(mounts.contains(second) && !mounts.contains(custody.disk))
        }

        @Test("a journal that was copied to another machine settles nothing that lives")
        func copiedJournal() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let path = try rig.otherConfiguration("copy")
            var looked: Command.Result?
            rig.machine = Machine.named
            let place: (WireProxy) -> Void = { $0.arm("/containers/create", .pass) }
            let answer = try custody.call("attach_disk", place) {
                try Command.shell(
                    "cp -r '\(rig.directory)/journal' '\(rig.directory)/journal-copy'")
                let recover = rig.command(
                    "cpi-admin", ["recover", "--yes", "--config", path], on: Machine.blind)
                looked = try Command.run("/usr/bin/env", recover)
            }
            rig.machine = []
            let recovered = try #require(looked)
            #expect(recovered.exitCode != 0, "\(recovered)")
            let said = recovered.stdout + recovered.stderr
            #expect(said.contains(Machine.name), "\(recovered)")
            #expect(answer.json["error"].isNull, "\(answer.stdout)\(answer.stderr)")
            try custody.check()
            #expect(
                try rig.result("get_disks", [.string(custody.vm)]) == [.string(custody.disk)])
        }

        @Test("delete_disk and delete_vm settle a dead attach_disk one after the other")
        func unionOfLocks() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let custody = try Custody(rig)
            let place: (WireProxy) -> Void = { $0.arm("/rename", .killBefore) }
            #expect(try custody.call("attach_disk", place).wasKilled)
            nonisolated(unsafe) let shared = rig
            let path = try rig.otherConfiguration("direct") {
                $0["journal"]["directory"] = .string(rig.directory + "/journal")
            }
            nonisolated(unsafe) var deleted: Answer?
            let isOver = DispatchSemaphore(value: 0)
            var wasOver = false
            // In the middle of delete_disk's settling, while it puts the VM in order.
            let disk: JSON = [.string(custody.disk)]
            let answer = try custody.meet("delete_disk", disk, { $0.arm(effect: 1, .pass) }) {
                let request = Rig.request("delete_vm", [.string(custody.vm)])
                Thread.detachNewThread {
                    deleted = try? shared.send(request, configuration: path)
                    isOver.signal()
                }
                wasOver = isOver.wait(timeout: .now() + 4) == .success
                if wasOver { isOver.signal() }
            }
            isOver.wait()
            #expect(!wasOver, "both work on the VM at once: \(String(describing: deleted))")
            #expect(deleted?.json["error"].isNull == true, "\(String(describing: deleted))")
            #expect(answer.json["error"].isNull, "\(answer.stdout)")
            #expect(try rig.leftovers([custody.vm, custody.disk]) == [])
            #expect(try rig.admin("recover").exitCode == 0)
        }
    }
}
