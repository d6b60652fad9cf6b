import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// The director was told that the deletion failed, and may go on using what it was about.
    @Suite("A deletion that was killed before it had removed anything")
    struct GivenUpDeletionTests {
        /// Killed at its first removal. The operation's id.
        private func kill(_ method: String, _ cid: String, _ rig: Rig) throws -> String {
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("DELETE ", .killBefore)
            let request = Rig.request(method, [.string(cid)])
            let answer = try rig.through(proxy) { try rig.send(request, started: proxy.aim) }
            try #require(proxy.disarm() && answer.wasKilled, "\(answer)")
            let list = try rig.admin("journal", "list", "--open", "--json").stdout
            let match = try #require(list.firstMatch(of: /"id"\s*:\s*"(\w+)"/), "\(list)")
            return String(match.1)
        }

        @Test("recover does not finish it after the disk was used while nothing could be recorded")
        func disk() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let directory = rig.directory + "/journal"
            let tmpfs = try Tmpfs(directory, size: "1m")
            defer { tmpfs.unmount() }
            let vm = try rig.makeVM(rig.network())
            let disk = try rig.makeDisk()
            try rig.awaitAgent(vm)
            let operation = try kill("delete_disk", disk, rig)
            let ballast = directory + "/ballast"
            _ = try Command.shell("dd if=/dev/zero of='\(ballast)' bs=1k 2>/dev/null || true")
            let arguments: JSON = [.string(vm), .string(disk)]
            let attach = try rig.call("attach_disk", arguments)
            #expect(attach.errorMessage == "", "\(attach)")
            #expect(
                attach.stderr.contains("disk \(disk) is there still; that could not be recorded"),
                "\(attach.stderr)")
            let directoryInVM = "/warden-cpi-dev/\(disk)"
            _ = try rig.shell(vm, "echo new >\(directoryInVM)/file")
            try rig.result("detach_disk", arguments)
            try FileManager.default.removeItem(atPath: ballast)

            let recovered = try rig.admin("recover", "--yes")
            #expect(
                recovered.stdout.contains("disk \(disk) is there still")
                    && recovered.stdout.contains(operation), "\(recovered)")
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            try rig.result("attach_disk", arguments)
            #expect(try rig.shell(vm, "cat \(directoryInVM)/file").contains("new"))
        }

        @Test(
            "a volume that somebody has made under the disk's name since is not the disk",
            arguments: ["recover", "recover --forward", "delete_disk"])
        func anotherVolume(_ way: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let operation = try kill("delete_disk", disk, rig)
            try rig.engine.removeVolume(disk)
            _ = try rig.engine.createVolume(disk, labels: [:])
            rig.later(.disks) { try? rig.engine.removeVolume(disk) }
            if way == "delete_disk" {
                let again = try rig.call(way, [.string(disk)])
                #expect(again.json["error"]["type"] == "Bosh::Clouds::DiskNotFound", "\(again)")
            } else {
                let words = way == "recover" ? [] : ["--forward"]
                let done = try rig.admin(["recover", operation, "--yes"] + words)
                #expect(done.stdout.contains("does not say that it is a disk"), "\(done)")
            }
            #expect(try rig.engine.volume(disk) != nil)
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test("an operator has it finished with --forward alone, and not rolled back")
        func forward() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let vm = try rig.makeVM(rig.network())
            let operation = try kill("delete_vm", vm, rig)
            let back = try rig.admin("recover", operation, "--back", "--yes")
            #expect(back.exitCode != 0, "\(back)")
            #expect((back.stdout + back.stderr).contains("cannot be rolled back"), "\(back)")
            let shown = try rig.admin("recover", operation)
            #expect(shown.stdout.contains("VM \(vm) is there still"), "\(shown)")
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            let done = try rig.admin("recover", operation, "--forward", "--yes")
            #expect(done.exitCode == 0, "\(done)")
            #expect(try rig.result("has_vm", [.string(vm)]) == false)
            #expect(try rig.leftovers([vm]) == [])
        }
    }
}
