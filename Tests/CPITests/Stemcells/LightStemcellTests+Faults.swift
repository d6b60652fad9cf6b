import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

/// A registry, or Docker on the way to it, that fails.
extension LightStemcellTests {
    @Test("a tag that has moved: a fault at the digest's manifest takes no other image")
    func movedTag() throws {
        let moved = "sha256:" + String(repeating: "e", count: 64)
        scene.docker.state.registry[Self.reference] = FakeDocker.State.RemoteImage(
            id: Self.other, digest: moved, volumes: [])
        scene.docker.state.registry[Self.repository + ":old"] = FakeDocker.State.RemoteImage(
            id: Self.id, digest: Self.digest, volumes: [])
        scene.docker.onRequest = { _, request in
            request.path.contains("/distribution/") && request.path.contains("sha256")
                ? .lostReply : nil
        }
        let message = failure(Self.properties)
        #expect(!message.contains("is not the one") && !message.isEmpty, "\(message)")
        #expect(!scene.docker.story.contains { $0.hasPrefix("pull") })
        scene.docker.revive()
        _ = try create()
        #expect(scene.docker.story.contains("pull \(Self.repository)@\(Self.digest)"))
    }

    @Test("a fault of the Docker host's own disk is none of the registry's")
    func ownDisk() throws {
        scene.docker.onRequest = { _, request in
            request.path.contains("/images/create")
                ? .status(500, "failed to register layer: open /x: permission denied") : nil
        }
        let message = failure(Self.properties)
        #expect(
            message.contains("failed to register layer") && !message.contains("login"), "\(message)"
        )
    }

    @Test(
        "what Docker says of a registry becomes a plain sentence",
        arguments: [
            ("dial tcp 10.0.0.1:5000: connect: connection refused", "cannot reach registry"),
            ("http: server gave HTTP response to HTTPS client", "insecure-registries"),
            ("pull access denied for x, or may require 'docker login'", "wants a login"),
            ("manifest unknown", "no such image"), ("out of memory", "out of memory"),
        ])
    func sentences(text: String, words: String) throws {
        for path in ["/distribution/", "/images/create"] {
            scene.docker.onRequest = { _, request in
                request.path.contains(path) ? .status(500, text) : nil
            }
            let message = failure(Self.properties)
            #expect(message.contains(words), "\(message)")
            scene.docker.revive()
            #expect(scene.docker.settledInvariants() == [])
            #expect(scene.docker.state.images.count == 2)
        }
    }
}
