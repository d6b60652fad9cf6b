import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

@Suite("A Docker that repeats every secret in every answer gives none of them away")
struct EchoTests {
    private static let words = [
        "env-canary-7f3a", "driver-canary-7f3a", "log-canary-7f3a", "login-canary-7f3a",
        "mbus-canary-7f3a", "blob-canary-7f3a",
    ]

    /// Calls with a secret in each place that has any, by method.
    private static func calls(_ scene: Scene) -> [(String, [JSON])] {
        let (vm, disk) = (JSON.string(scene.vm), JSON.string(scene.disk))
        var arguments = scene.arguments(
            agent: "agent-9", networks: ["default": Scene.network("net-a", "10.1.0.9")],
            properties: ["LogConfig": ["Type": "x", "Config": ["splunk-token": "log-canary-7f3a"]]])
        arguments[5] = ["bosh": ["password": "env-canary-7f3a"]]
        let options: JSON = [
            "driver_opts": ["type": "cifs", "o": "username=u,password=driver-canary-7f3a"]
        ]
        return [
            ("create_vm", arguments), ("create_disk", [100, options, .null]),
            ("attach_disk", [vm, disk]), ("delete_vm", [vm]),
        ]
    }

    private func scene() throws -> Scene {
        let scene = try Scene()
        scene.runner.configuration["Actions"]["Agent"] = [
            "Mbus": "nats://nats:mbus-canary-7f3a@10.0.0.6:4222",
            "Blobstore": ["Provider": "dav", "Options": ["password": "blob-canary-7f3a"]],
        ]
        scene.runner.configuration["light_stemcell"] = [
            "registry": ["r.example": ["username": "u", "password": "login-canary-7f3a"]]
        ]
        try scene.makeVM()
        try scene.makeDisk()
        return scene
    }

    @Test("each request of each call is answered by an error with what the call has brought along")
    func everywhere() throws {
        for (number, name) in ["create_vm", "create_disk", "attach_disk", "delete_vm"].enumerated()
        {
            let start = try scene()
            let snapshot = try start.snapshot()
            for request in 1... {
                try start.restore(snapshot)
                let call = EchoTests.calls(start)[number]
                // What this call knows: its own secrets, and those of the configuration.
                let known = EchoTests.words.filter { word in
                    call.1.contains { $0.text.contains(word) }
                        || start.runner.configuration.text.contains(word)
                }
                var isReached = false
                start.docker.onRequest = { count, _ in
                    guard count == request else { return nil }
                    isReached = true
                    return .status(500, "it failed with " + known.joined(separator: " and "))
                }
                do { try start.runner.call(call.0, call.1) } catch let failure as CallFailure {
                    for word in known { #expect(!failure.message.contains(word), "\(name)") }
                }
                guard isReached else { break }
                requireAbsent(known, start, "\(name), request \(request)")
            }
        }
    }

    private func requireAbsent(_ words: [String], _ scene: Scene, _ place: Comment) {
        let files = (try? scene.runner.directory.allBytes()) ?? []
        let seen = Data(files + scene.runner.log.text.utf8)
        for word in words { #expect(seen.range(of: Data(word.utf8)) == nil, place) }
    }
}
