import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// podman takes a name for another one that begins or ends with it.
    @Suite("What has nearly the name of a disk or a stemcell is somebody else's")
    struct AlikeNameTests {
        @Test("a volume that begins with the disk's name stays, also when a reply is lost")
        func volume() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try rig.makeDisk()
            let other = disk + "-backup"
            _ = try rig.engine.createVolume(other, labels: [:])
            rig.later(.disks) { try? rig.engine.removeVolume(other) }
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.arm("DELETE", .dropReply)
            let answer = try rig.through(proxy) {
                try rig.call("delete_disk", [.string(disk)])
            }
            #expect(proxy.disarm())
            #expect(answer.errorMessage == "", "\(answer.stdout)")
            #expect(try rig.engine.volume(disk) == nil)
            #expect(try rig.engine.volume(other) != nil)
        }

        @Test(
            "an image of the stemcell's name in another registry stays, however often it is deleted"
        )
        func image() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let made = try rig.result(
                "create_stemcell", [.string(StemcellTrait.image), ["name": "alike"]])
            let stemcell = try #require(made.string)
            let parts = stemcell.split(separator: ":").map(String.init)
            let repository = "registry.example/" + parts[0]
            try rig.engine.tagImage(stemcell, repository: repository, tag: parts[1])
            let backup = repository + ":" + parts[1]
            rig.later(.networks) { try? rig.engine.removeImage(backup) }
            for _ in 1...2 { try rig.result("delete_stemcell", [.string(stemcell)]) }
            #expect(try rig.engine.image(backup) != nil)
            var arguments = rig.vmArguments(rig.network()).array ?? []
            arguments[1] = .string(stemcell)
            let vm = try rig.call("create_vm", .array(arguments))
            #expect(vm.errorMessage.contains(stemcell), "\(vm.stdout)")
        }
    }
}
