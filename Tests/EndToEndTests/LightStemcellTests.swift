import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Light stemcells from a real registry")
    struct LightStemcellTests {
        private func address(_ offset: Int) -> String {
            "127.0.0.1:\(20_000 + Int(getpid()) % 10_000 + offset * 10_000)"
        }

        @Test("A VM is made of one, two share their layers, and what was pulled leaves no name")
        func wholeLife() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let light = LightRig(rig: rig)
            let address = address(0)
            let login = RegistryLogin(username: "robot", password: "s3cret-word", host: address)
            try light.registry(address, login: login)
            let image = try light.push(address, login)
            let before = try light.names()
            let properties: JSON = [
                "name": "light", "version": "1", "image_reference": .string(image.reference),
                "digest": .string(image.digest),
            ]
            let entry: JSON = ["username": "robot", "password": "s3cret-word"]

            let refused = try rig.call("create_stemcell", try light.arguments(properties))
            #expect(refused.errorMessage.contains("wants a login"), "\(refused)")
            var wrong = properties
            wrong["registry"] = ["username": "robot", "password": "wrong-word"]
            let again = try rig.call("create_stemcell", try light.arguments(wrong))
            #expect(again.errorMessage.contains("refuses the login"), "\(again)")
            #expect(try light.names() == before)

            var configuration = rig.configuration
            configuration["light_stemcell"] = ["registry": [address: entry]]
            try rig.save(configuration)
            let one = try stemcell(rig, light, properties)
            var byID = properties
            // podman pulls by a manifest's digest alone.
            if try !TestEngine.isPodman { byID["digest"] = .string(image.id) }
            byID["registry"] = entry
            let two = try stemcell(rig, light, byID)
            let names = try light.names()
            #expect(one != two && names.contains(one) && names.contains(two))
            #expect(!names.contains { $0.contains(address) }, "\(names)")
            #expect(try rig.engine.containers([:]).allSatisfy { !$0.names[0].hasSuffix(".base") })

            let network = rig.network()
            var arguments = rig.vmArguments(network).array ?? []
            arguments[1] = .string(one)
            let vm = try rig.makeVM(arguments: .array(arguments))
            try rig.awaitAgent(vm)
            try rig.result("delete_vm", [.string(vm)])
            try rig.result("delete_stemcell", [.string(one)])
            #expect(try rig.engine.image(two) != nil)
            try rig.result("delete_stemcell", [.string(two)])
            #expect(try light.names() == before)
            let journal = try Command.run(
                "/bin/grep", ["-r", "s3cret-word", rig.directory + "/journal"])
            #expect(journal.exitCode == 1, "the password is in the journal")
        }

        @Test("What cannot be pulled is refused in plain words, and nothing stays")
        func refusals() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let light = LightRig(rig: rig)
            let address = address(1)
            try light.registry(address)
            let image = try light.push(address)
            let other = "sha256:" + String(repeating: "0", count: 64)
            let outside = try outside(rig, light)
            let before = try light.names()
            let repository = "\(address)/\(LightRig.repository)"
            // podman does not look at the tag.
            let why = try TestEngine.isPodman ? "no such image" : image.digest
            for (reference, digest, words) in [
                (image.reference, other, [other, why, "everything is as it was before"]),
                ("\(repository):2", other, ["no such image"]),
                ("\(address)/none/such:1", other, ["no such image"]),
                (repository, other, ["no such image"]),
                ("127.0.0.1:9/x/y:1", other, ["cannot reach registry 127.0.0.1:9"]),
                (outside, other, ["insecure-registries"]),
            ] {
                let properties: JSON = [
                    "image_reference": .string(reference), "digest": .string(digest),
                ]
                let answer = try rig.call("create_stemcell", try light.arguments(properties))
                for words in words {
                    #expect(answer.errorMessage.contains(words), "\(reference): \(answer)")
                }
            }
            #expect(try light.names() == before)
        }

        @Test("Killed at each request that changes something, and recovered: nothing is left")
        func killed() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let light = LightRig(rig: rig)
            let address = address(2)
            try light.registry(address)
            let image = try light.push(address)
            let before = try light.names()
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            let properties: JSON = [
                "image_reference": .string(image.reference), "digest": .string(image.digest),
            ]
            for request in ["/images/create", "/containers/create", "/commit", "DELETE"] {
                for fault in [WireProxy.Fault.killBefore, .killAfter] {
                    proxy.arm(request, fault)
                    let bytes = Rig.request("create_stemcell", try light.arguments(properties))
                    let answer = try rig.through(proxy) {
                        try rig.send(bytes, started: proxy.aim)
                    }
                    try #require(proxy.disarm() && answer.wasKilled, "\(request): \(answer)")
                    // Its container tells of it.
                    if request == "/containers/create" && fault == .killAfter {
                        try FileManager.default.removeItem(atPath: rig.directory + "/journal")
                        let recovery = try rig.recoverFromDocker()
                        #expect(recovery.exitCode == 0, "\(recovery)")
                    } else {
                        _ = try rig.admin("recover", "--yes")
                    }
                    // One that has its last name may be known to a director: it stays, whole.
                    for cid in try rig.engine.imageTags(["label": ["io.bosh.stemcell"]])
                    where !before.contains(cid) && !cid.hasSuffix(".new") {
                        try rig.result("delete_stemcell", [.string(cid)])
                    }
                    #expect(try light.names() == before, "\(fault) \(request)")
                }
            }
        }

        private func stemcell(_ rig: Rig, _ light: LightRig, _ properties: JSON) throws -> String {
            try #require(
                try rig.result("create_stemcell", try light.arguments(properties)).string)
        }

        /// A registry that Docker does not take for one on its own machine.
        private func outside(_ rig: Rig, _ light: LightRig) throws -> String {
            // podman's has an address only while a container is on it; it is told of one address on loopback.
            guard try !TestEngine.isPodman else {
                try light.registry("127.0.0.2:5000")
                return "127.0.0.2:5000/x/y:1"
            }
            let bridge = try rig.engine.get("/networks/bridge")
            let gateway = try #require(bridge["IPAM"]["Config"].array?.first?["Gateway"].string)
            let address = gateway + ":5000"
            try light.registry(address)
            return address + "/x/y:1"
        }
    }
}
