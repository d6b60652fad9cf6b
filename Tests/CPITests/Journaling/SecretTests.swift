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
        #expect(scene.runner.log.text.contains(secret) == false)
        for name in try FileManager.default.contentsOfDirectory(
            atPath: scene.runner.directory.path)
        {
            let file = scene.runner.directory.path + "/" + name
            let bytes = FileManager.default.contents(atPath: file) ?? Data()
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
        }
        let events = try scene.runner.journal().events(of: scene.runner.lastOperation().id)
        #expect(events.contains { $0.data?.contains("mount failed") == true })
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
}
