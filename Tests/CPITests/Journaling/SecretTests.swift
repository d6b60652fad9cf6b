import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

@Suite("A secret stays out of answer, log and journal, also when Docker repeats it")
struct SecretTests {
    private let secret = "hunter2-and-more"

    @Test("driver options that Docker repeats in its error")
    func echoed() throws {
        let scene = try Scene()
        let secret = secret
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/volumes/create")
                ? .status(500, "mount failed: option \(secret) of username=u,password=\(secret)")
                : nil
        }
        let properties: JSON = [
            "driver_opts": ["type": "cifs", "o": .string("username=u,password=\(secret)")]
        ]
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_disk", [100, properties, .null])
        }
        #expect(failure?.message.contains("mount failed") == true)
        #expect(failure?.message.contains(secret) == false)
        try requireAbsent(secret, scene)
        let events = try scene.runner.journal().events(of: scene.runner.lastOperation().id)
        #expect(events.contains { $0.data?.contains("mount failed") == true })
    }

    @Test("megabytes of Docker's words, with the secret at each place where they may be cut")
    func long() throws {
        let scene = try Scene()
        let secret = secret
        let words = String(repeating: "\(secret) and ", count: 200_000)
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/volumes/create") ? .status(500, "mount failed: \(words)") : nil
        }
        let properties: JSON = [
            "driver_opts": ["type": "cifs", "o": .string("username=u,password=\(secret)")]
        ]
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_disk", [100, properties, .null])
        }
        let message = try #require(failure?.message)
        #expect(message.contains("mount failed") && message.contains("bytes are left out"))
        #expect(message.hasSuffix("cpi-admin journal show \(try scene.runner.lastOperation().id)"))
        #expect(message.utf8.count < 10_000)
        let events = try scene.runner.journal().events(of: scene.runner.lastOperation().id)
        #expect(events.allSatisfy { ($0.data ?? "").utf8.count < 10_000 })
        #expect(scene.runner.log.text.utf8.count < 50_000)
        for part in [secret, String(secret.prefix(6)), String(secret.suffix(6))] {
            #expect(!message.contains(part))
            try requireAbsent(part, scene)
        }
    }

    @Test(
        "a registry's login that Docker repeats in its error, as it is and as it goes to Docker",
        arguments: [true, false])
    func login(isOfCall: Bool) throws {
        let scene = try LightStemcellTests.scene()
        let host = "registry.example:5000"
        let login: JSON = ["username": "robot", "password": .string(secret)]
        var properties = LightStemcellTests.properties
        if isOfCall {
            properties["registry"] = login
        } else {
            scene.runner.configuration["light_stemcell"] = ["registry": [host: login]]
        }
        let wire = RegistryLogin(username: "robot", password: secret, host: host)
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/images/create") else { return nil }
            let headers = request.headers.map { "\($0.name) \($0.value)" }.joined()
            #expect(headers == "X-Registry-Auth \(wire.header)")
            return .status(
                500, "pull failed: \(headers) for \(wire.password), Basic \(wire.basic)")
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call(
                "create_stemcell", LightStemcellTests.arguments(scene, properties))
        }
        let message = try #require(failure?.message)
        #expect(message.contains("pull failed"))
        for secret in [secret, wire.header, wire.basic] {
            #expect(!message.contains(secret))
            try requireAbsent(secret, scene)
        }
        scene.docker.revive()
        scene.docker.state.registry[LightStemcellTests.reference]?.login = ("robot", secret)
        let cid = try scene.runner.call(
            "create_stemcell", LightStemcellTests.arguments(scene, properties))
        for secret in [secret, wire.header, wire.basic] { try requireAbsent(secret, scene) }
        let image = scene.docker.state.image(cid.string ?? "")
        #expect(image?.labels.values.contains { $0.contains(secret) } == false)
    }

    /// Neither in the log nor in any file of the journal.
    private func requireAbsent(_ secret: String, _ scene: Scene) throws {
        #expect(scene.runner.log.text.contains(secret) == false)
        for name in try FileManager.default.contentsOfDirectory(
            atPath: scene.runner.directory.path)
        {
            let file = scene.runner.directory.path + "/" + name
            let bytes = FileManager.default.contents(atPath: file) ?? Data()
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
        }
    }

    @Test("tags that are called a secret, or have one in them")
    func metadata() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        let tags: JSON = [
            "password": .string(secret), "note": .string("token=\(secret)"), "job": "web",
        ]
        try scene.runner.call("set_vm_metadata", [.string(scene.vm), tags])
        let vm = try scene.runner.lastOperation().plan(of: SetVMMetadata.self)
        #expect(vm?.metadata["job"] == "web" && vm?.metadata.count == 3)
        try scene.runner.call("set_disk_metadata", [.string(scene.disk), tags])
        let bytes = try scene.runner.directory.allBytes()
        #expect(bytes.firstRange(of: Array(secret.utf8)) == nil)
    }

    @Test("a plan is not touched: recovery needs its names as they are")
    func plansStay() throws {
        let scene = try Scene()
        // The agent's password is the name of the network.
        let env: JSON = ["bosh": ["password": "net-a"]]
        var arguments = scene.arguments()
        arguments[5] = env
        _ = try scene.runner.call("create_vm", arguments)
        let plan = try scene.runner.lastOperation().plan(of: CreateVM.self)
        #expect(plan?.networks.first?.name == "net-a")
    }

    @Test("a secret in the metadata of a snapshot does not become a label")
    func snapshot() throws {
        let scene = try Scene.withDisk(isAttached: true)
        let snapshot = try scene.takeSnapshot(["job": "db", "password": "unlabelled"])
        #expect(scene.record(snapshot)[Label.metadata] == #"{"job":"db","password":"***"}"#)
    }
}
