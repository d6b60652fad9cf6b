import Foundation
import Journal
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("The dangerous cases, by name")
    struct DangerTests {
        @Test(
            "The journal's disk is full when the call ends: days later recovery removes nothing",
            arguments: ["create_disk", "create_vm"])
        func outcomeNotWritten(_ method: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let tmpfs = try Tmpfs(rig.directory + "/journal", size: "1m")
            defer { tmpfs.unmount() }
            let place = method == "create_vm" ? "/start" : "/volumes/create"
            let network = rig.network()
            let arguments = method == "create_vm" ? rig.vmArguments(network) : [16, [:], .null]
            let answer = try rig.fill(tmpfs, at: place) { try rig.call(method, arguments) }
            let made = answer.result.array?.first ?? answer.result
            let cid = try #require(made.string)
            rig.later {
                _ = try? rig.call(
                    method == "create_vm" ? "delete_vm" : "delete_disk", [.string(cid)])
            }
            #expect(answer.stderr.split(separator: "\n").count == 1, "\(answer.stderr)")
            let doctor = try rig.admin("doctor").stdout
            #expect(doctor.contains("less than 1 MiB is left on its disk"), "\(doctor)")
            tmpfs.empty()
            try rig.journal("UPDATE operations SET started = started - 3 * 86400000")
            #expect(try Journal(reading: rig.journalPath).operation("last").state == .running)

            for _ in 0..<2 {
                let recovered = try rig.admin("recover", "--yes")
                #expect(
                    recovered.exitCode == 3 && recovered.stdout.contains("orphans"), "\(recovered)")
                #expect(try rig.admin("orphans").stdout.contains(cid))
            }
            // The director did get the answer: the first call that names it shows that.
            if method == "create_vm" {
                try rig.awaitAgent(cid)
                try rig.result("reboot_vm", [.string(cid)])
            } else {
                let vm = try rig.makeVM(network)
                try rig.result("attach_disk", [.string(vm), .string(cid)])
                try rig.result("detach_disk", [.string(vm), .string(cid)])
            }
            let open = try rig.admin("recover")
            #expect(open.exitCode == 0, "\(open)")
            #expect(try rig.admin("orphans").stdout.contains(cid) == false)
        }

        @Test("A journal restored from an old backup undoes nothing that was done since")
        func oldBackup() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.interruptedAttach(at: "/commit")
            let backup = rig.directory + "/backup"
            try FileManager.default.copyItem(atPath: rig.directory + "/journal", toPath: backup)
            let attach: JSON = [.string(vm), .string(disk)]
            let hint = try rig.result("attach_disk", attach).string ?? ""
            try rig.mountInAgent(vm, disk, hint: hint)
            _ = try rig.shell(vm, "echo later >/etc/later; echo later >/var/vcap/store/later; sync")
            let id = try rig.engine.inspectContainer(vm).id

            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            try FileManager.default.copyItem(atPath: backup, toPath: rig.directory + "/journal")
            #expect(try rig.admin("recover").stdout.contains("taken over"))
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            #expect(try rig.engine.inspectContainer(vm).id == id)
            let files = "cat /etc/marker /etc/later /var/vcap/store/later"
            #expect(try rig.shell(vm, files) == "kept\nlater\nlater")
            #expect(try rig.result("attach_disk", attach).string == hint)
        }

        @Test("A backup that was made in the middle of create_vm does not take the VM away")
        func backupOfCreation() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let backup = rig.directory + "/backup"
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            let journal = rig.directory + "/journal"
            proxy.onFault = { try? FileManager.default.copyItem(atPath: journal, toPath: backup) }
            proxy.arm("/start", .pass)
            let vm = try rig.through(proxy) { try rig.makeVM(rig.network()) }
            #expect(proxy.disarm())
            try FileManager.default.removeItem(atPath: journal)
            try FileManager.default.copyItem(atPath: backup, toPath: journal)
            #expect(try rig.admin("recover", "--yes").exitCode == 3)
            try rig.awaitAgent(vm)
            try rig.result("reboot_vm", [.string(vm)])
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test(
            "A VM that another machine's director is at work on is left alone, until somebody says",
            .enabled(if: geteuid() == 0))
        func anotherMachine() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            rig.machine = try Machine.another(in: rig.directory)
            let (vm, disk) = try rig.interruptedAttach(at: "/commit")
            rig.machine = []
            // This machine has another journal, and sees no locks of that one.
            var configuration = rig.configuration
            configuration["journal"]["directory"] = .string(rig.directory + "/journal-here")
            try rig.save(configuration)
            for (method, arguments) in [
                ("reboot_vm", [.string(vm)]), ("delete_vm", [.string(vm)]),
                ("detach_disk", [.string(vm), .string(disk)]),
            ] as [(String, JSON)] {
                let answer = try rig.call(method, arguments)
                #expect(answer.errorMessage.contains("another-machine"), "\(answer.stdout)")
                #expect(answer.errorMessage.contains("--older-than 0"), "\(answer.stdout)")
            }
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            #expect(try rig.engine.inspectContainer(vm).isRunning == false)
            let young = try rig.admin("recover", "--from-docker", "--yes")
            #expect(young.exitCode == 2, "\(young)")
            let done = try rig.recoverFromDocker()
            #expect(done.exitCode == 0, "\(done)")
            try rig.checkKept(vm)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
        }

        @Test("An address taken while the VM was stopped: who has it is told, and nothing is lost")
        func addressTaken() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, _) = try rig.interruptedAttach(at: "/commit")
            let name = try #require(try rig.engine.inspectContainer(vm).endpoints.first?.key)
            let subnet = try #require(name.split(separator: "-").last.flatMap { Int($0) })
            let thief = try rig.makeVM(rig.network(subnet, 10))
            let failed = try rig.admin("recover", "--yes")
            #expect(failed.exitCode == 1 && failed.stdout.contains("held by \(thief)"), "\(failed)")
            let refused = try rig.call("reboot_vm", [.string(vm)])
            #expect(refused.errorMessage.contains("held by \(thief)"), "\(refused.stdout)")
            try rig.result("delete_vm", [.string(thief)])
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            try rig.checkKept(vm)
        }

        @Test("Two recovers and the director's next call at once: one settles it, all see the end")
        func races() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            for place in ["/commit", "/start"] {
                let (vm, disk) = try rig.interruptedAttach(at: place, .killAfter)
                nonisolated(unsafe) let shared = rig
                nonisolated(unsafe) var ends: [String] = []
                let lock = NSLock()
                DispatchQueue.concurrentPerform(iterations: 3) { index in
                    if index < 2, let run = try? shared.admin("recover", "--yes") {
                        lock.withLock { ends.append("\(run.exitCode) \(run.stdout)") }
                    } else if let answer = try? shared.call("reboot_vm", [.string(vm)]) {
                        lock.withLock { ends.append("0 \(answer.errorMessage)") }
                    }
                }
                // 4: it is being worked on by another one.
                let isFine = ends.allSatisfy { $0.hasPrefix("0 ") || $0.hasPrefix("4 ") }
                #expect(ends.count == 3 && isFine, "\(ends)")
                try rig.checkKept(vm)
                #expect(try rig.leftovers([vm]).filter { $0.contains(".") } == [])
                try rig.result("attach_disk", [.string(vm), .string(disk)])
            }
        }
    }
}

extension Rig {
    /// Does `body`, in which the disk is full from the first request with `text` in its line on.
    func fill<T>(_ disk: Tmpfs, at text: String, _ body: () throws -> T) throws -> T {
        let proxy = try WireProxy(directory + "/proxy.sock", upstream: socket)
        defer { proxy.stop() }
        proxy.onFault = { disk.fill() }
        proxy.arm(text, .pass)
        let result = try through(proxy, body)
        #expect(proxy.disarm())
        return result
    }
}

/// A file system of a test's own that can be full.
struct Tmpfs {
    let path: String

    init(_ path: String, size: String) throws {
        self.path = path
        try Command.shell("mkdir -p '\(path)' && mount -t tmpfs -o size=\(size) tmpfs '\(path)'")
    }

    func fill() {
        _ = try? Command.run(
            "/bin/sh", ["-c", "dd if=/dev/zero of='\(path)/ballast' bs=1k 2>/dev/null"])
    }

    func empty() { try? FileManager.default.removeItem(atPath: path + "/ballast") }

    func unmount() {
        _ = try? Command.run("/bin/umount", ["-l", path])
        rmdir(path)
    }
}

enum Machine {
    /// The words before a command that make it believe it runs on another machine.
    static func another(in directory: String) throws -> [String] {
        let boot = directory + "/boot-id"
        try Data("11111111-2222-3333-4444-555555555555\n".utf8).write(
            to: URL(fileURLWithPath: boot))
        let script = """
            hostname another-machine && mount --bind '\(boot)' /proc/sys/kernel/random/boot_id && exec "$@"
            """
        return ["unshare", "--uts", "--mount", "sh", "-c", script, "sh"]
    }
}
