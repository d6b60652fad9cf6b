import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Somebody gives the name of an image to another one")
    struct GivenAwayNameTests {
        private func makeStemcell(_ name: JSON, _ rig: Rig) throws -> String {
            let made = try rig.result(
                "create_stemcell", [.string(StemcellTrait.image), ["name": name]])
            let stemcell = try #require(made.string)
            rig.later(.networks) { try? rig.engine.removeImage(stemcell) }
            return stemcell
        }

        /// Gives the name to another image than has it.
        private func give(away name: String, _ rig: Rig) throws {
            let parts = name.split(separator: ":").map(String.init)
            let image = try makeStemcell("other", rig)
            try rig.engine.tagImage(image, repository: parts[0], tag: parts[1])
        }

        @Test(
            "that a VM is in alone: it is named, and the VM comes back when it has its name again")
        func committedImage() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let (vm, disk) = try rig.interruptedAttach(at: "/containers/create")
            let name = try #require(try rig.engine.imageTags(["reference": [vm]]).first)
            try give(away: name, rig)
            try rig.engine.removeContainer(vm, force: true)
            let recovered = try rig.admin("recover", "--yes")
            let advice = try #require(
                recovered.stdout.firstMatch(of: /docker tag (\w+) (vm-\S+), then cpi-admin/),
                "\(recovered)")
            #expect(recovered.exitCode == 1 && advice.2 == name)
            #expect(try rig.result("has_vm", [.string(vm)]) == true)
            let parts = name.split(separator: ":").map(String.init)
            try rig.engine.tagImage(String(advice.1), repository: parts[0], tag: parts[1])
            let again = try rig.admin("recover", "--yes", "--vm", vm)
            #expect(again.exitCode == 0, "\(again)")
            try rig.checkKept(vm)
            try rig.result("attach_disk", [.string(vm), .string(disk)])
            try rig.checkKept(vm)
        }

        @Test("that a VM is being made of: nothing of it is left")
        func duringCreation() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let own = try makeStemcell("own", rig)
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            proxy.onFault = { try? give(away: own, rig) }
            proxy.arm("/containers/create", .pass)
            var arguments = rig.vmArguments(rig.network()).array ?? []
            arguments[1] = .string(own)
            let answer = try rig.through(proxy) { try rig.call("create_vm", .array(arguments)) }
            #expect(answer.errorMessage.contains("is another image by now"), "\(answer.stdout)")
            #expect(try rig.leftovers(["vm-"]) == [])
        }

        @Test("that is a stemcell's: delete_stemcell leaves the other one alone")
        func stemcell() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let own = try makeStemcell("own", rig)
            try give(away: own, rig)
            let image = try rig.engine.image(own)
            let answer = try rig.call("delete_stemcell", [.string(own)])
            #expect(answer.errorMessage.contains("is another one"), "\(answer.stdout)")
            #expect(try rig.engine.image(own)?.id == image?.id)
        }
    }
}
