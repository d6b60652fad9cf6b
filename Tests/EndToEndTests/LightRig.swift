import Foundation
import Testing

@testable import Engine

/// Registries that the test's Engine can reach, with the small stemcell in them.
struct LightRig {
    let rig: Rig
    static let repository = "bosh/light"

    /// A registry at an address of the Engine's own network, or of this machine's.
    func registry(_ address: String, login: RegistryLogin? = nil) throws {
        let directory = rig.directory + "/registry-" + address
        var words = [Rig.root + "/dev/registry", "start", directory, address]
        if let login { words += [login.username, login.password] }
        if let name = rig.testEngine.privateName {
            words = [Rig.root + "/dev/engine", "in", name] + words
        }
        let run = try Command.run("/usr/bin/env", words)
        rig.later(.networks) {
            _ = try? Command.run(Rig.root + "/dev/registry", ["stop", directory])
        }
        try #require(run.exitCode == 0, "dev/registry: \(run.stderr)")
    }

    /// Pushes the small stemcell, or `image`; gives its reference, its own digest and that of its manifest.
    func push(_ address: String, _ login: RegistryLogin? = nil, image pushed: String? = nil) throws
        -> (reference: String, id: String, digest: String)
    {
        let repository = "\(address)/\(LightRig.repository)"
        let engine = rig.engine
        try engine.tagImage(pushed ?? rig.stemcell, repository: repository, tag: "1")
        var request = Request("POST", "/images/\(repository)/push")
        request.query = [(name: "tag", value: "1")]
        request.headers = [(name: "X-Registry-Auth", value: login?.header ?? "e30=")]
        let text = String(decoding: try engine.send(request).body, as: UTF8.self)
        try #require(!text.contains("errorDetail"), "\(text)")
        let image = try #require(try engine.image("\(repository):1"))
        // podman shows another one than it has pushed.
        let digest = try #require(text.firstMatch(of: /digest: (sha256:[0-9a-f]{64})/)?.output.1)
        try engine.removeImage("\(repository):1")
        return ("\(repository):1", image.id, String(digest))
    }

    /// Arguments of create_stemcell with an image file that is empty.
    func arguments(_ properties: JSON) throws -> JSON {
        let file = rig.directory + "/light"
        try Data().write(to: URL(fileURLWithPath: file))
        return [.string(file), properties]
    }

    /// Everything that a stemcell could leave: names of images, digests, containers.
    func names() throws -> [String] {
        let images = try rig.engine.get("/images/json", [("all", "1")]).array ?? []
        // podman has those under which it was pulled among the names, and makes digests of every name.
        let keys = try TestEngine.isPodman ? ["RepoTags"] : ["RepoTags", "RepoDigests"]
        let names = images.flatMap { image in
            keys.flatMap {
                (image[$0].array ?? []).compactMap(\.string).map(Engine.familiar)
            } + [image["Id"].string ?? ""]
        }
        return (names + (try rig.engine.containers([:]).flatMap(\.names))).sorted()
    }
}
