import Engine
import Foundation
import Testing

@testable import CPI
@testable import Support

@Suite("A light stemcell is a name of its own for an image in a registry")
struct LightStemcellTests {
    let scene: Scene
    static let reference = "registry.example:5000/bosh/noble:1.1"
    static let repository = "registry.example:5000/bosh/noble"
    static let id = "sha256:" + String(repeating: "1", count: 64)
    static let digest = "sha256:" + String(repeating: "d", count: 64)
    static let other = "sha256:" + String(repeating: "0", count: 64)

    init() throws { scene = try LightStemcellTests.scene() }

    /// A registry with one image, and an image file with nothing in it.
    static func scene() throws -> Scene {
        let scene = try Scene()
        scene.docker.state.registry[reference] = FakeDocker.State.RemoteImage(
            id: id, digest: digest, volumes: ["/data"])
        _ = try scene.runner.directory.write("light", [])
        return scene
    }

    static let properties: JSON = [
        "name": "noble", "version": "1.1", "image_reference": .string(reference),
        "digest": .string(digest),
    ]

    static func arguments(_ scene: Scene, _ properties: JSON = properties) -> [JSON] {
        [.string(scene.runner.directory.path + "/light"), properties]
    }

    func create(_ properties: JSON = properties) throws -> String {
        try scene.runner.call("create_stemcell", LightStemcellTests.arguments(scene, properties))
            .string ?? ""
    }

    func failure(_ properties: JSON) -> String {
        #expect(throws: CallFailure.self) { try create(properties) }?.message ?? ""
    }

    private func properties(_ changes: [String: JSON]) -> JSON {
        .object((LightStemcellTests.properties.object ?? [:]).merging(changes) { $1 })
    }

    @Test("the image is pulled, labelled by an empty commit, named by its CID, and loses its name")
    func order() throws {
        let cid = try create()
        let base = StemcellCID(cid).base
        #expect(
            scene.runner.story([cid: "CID", base: "BASE"]) == """
                pull \(Self.repository)@\(Self.digest)
                create BASE
                commit BASE as CID
                remove BASE
                remove image \(Self.repository)@\(Self.digest)
                """)
        let image = try #require(scene.docker.state.image(cid))
        #expect(image.tags == [cid] && image.parent == Self.id)
        #expect(image.labels["io.bosh.stemcell"] == cid)
        #expect(image.labels["io.bosh.stemcell.name"] == "noble")
        #expect(scene.docker.state.containers.isEmpty && scene.docker.state.volumes.isEmpty)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("podman cannot ask a registry: it is pulled by its manifest's digest, and needs one")
    func podman() throws {
        scene.docker.state.buildah = "1.39.3"
        let cid = try create()
        #expect(scene.docker.state.image(cid)?.parent == Self.id)
        #expect(failure(properties(["digest": .string(Self.other)])).contains("no such image"))
        scene.runner.configuration["light_stemcell"] = ["require_image_verification": false]
        let message = failure(properties(["digest": .null]))
        #expect(message.contains("needs the digest of its manifest"), "\(message)")
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("two stemcells of one image have two names, share its layers, and go one by one")
    func shared() throws {
        let (one, two) = (try create(), try create())
        #expect(one != two)
        #expect(scene.docker.state.images.filter { $0.id == Self.id }.count == 1)
        try scene.runner.call("delete_stemcell", [.string(one)])
        #expect(scene.docker.state.image(two)?.parent == Self.id)
        #expect(scene.docker.state.image(Self.id) != nil)
        try scene.runner.call("delete_stemcell", [.string(two)])
        #expect(scene.docker.state.imageTags == [scene.stemcell])
        #expect(scene.docker.state.images.count == 2)
    }

    @Test("a VM is made of it, and knows nothing of how it was made")
    func machine() throws {
        let cid = try create()
        var arguments = scene.arguments()
        arguments[1] = .string(cid)
        let vm = try scene.runner.call("create_vm", arguments).array?.first?.string ?? ""
        let container = try #require(scene.docker.state.container(vm))
        #expect(container.labels["io.bosh.cpi.plan"] == "")
        #expect(container.labels["io.bosh.stemcell"] == "")
        #expect(try scene.runner.orphans().isEmpty)
    }

    @Test(
        "an image that somebody else pulls right before the pull keeps its name",
        arguments: [false, true])
    func pulledByAnother(isKilled: Bool) throws {
        let name = "\(Self.repository)@\(Self.digest)"
        var looks = 0
        scene.docker.onRequest = { [scene] _, request in
            guard request.method == "GET", request.path.contains("/images/"),
                request.path.contains(String(repeating: "d", count: 64))
            else {
                return isKilled && request.path.hasSuffix("/commit") ? .kill : nil
            }
            // The first two looks are the plan's.
            looks += 1
            guard looks == 3 else { return nil }
            scene.docker.state.images.append(
                FakeDocker.State.Image(
                    id: Self.id, created: "", tags: [], digests: [name], files: ["/bin/sh": []]))
            return nil
        }
        _ = try? create()
        scene.docker.revive()
        try scene.runner.recover()
        #expect(looks >= 3)
        #expect(try scene.runner.lastOperation().state == (isKilled ? .rolledBack : .done))
        #expect(scene.docker.state.image(Self.id)?.digests == [name])
    }

    @Test("an image that was there keeps its names", arguments: [false, true])
    func present(isPulledBefore: Bool) throws {
        scene.docker.state.images.append(
            FakeDocker.State.Image(
                id: Self.id, created: "", tags: [Self.reference],
                digests: isPulledBefore ? ["\(Self.repository)@\(Self.digest)"] : [],
                files: ["/bin/sh": []]))
        _ = try create(properties(isPulledBefore ? [:] : ["digest": .string(Self.id)]))
        #expect(!scene.docker.requests.contains { $0.contains("distribution") })
        #expect(scene.docker.state.imageTags.contains(Self.reference))
        let image = scene.docker.state.image(Self.id)
        #expect(image?.digests.count == (isPulledBefore ? 1 : 0))
    }

    @Test("a tag that is here and means another image by now stays where it is")
    func moved() throws {
        scene.docker.state.images.append(
            FakeDocker.State.Image(id: Self.other, created: "", tags: [Self.reference]))
        let cid = try create()
        #expect(scene.docker.state.image(cid)?.parent == Self.id)
        #expect(scene.docker.state.image(Self.reference)?.id == Self.other)
    }

    @Test("the digest may be the image's own, or stand in the reference")
    func digests() throws {
        _ = try create(properties(["digest": .string(Self.id)]))
        let reference = "docker://\(Self.reference)@\(Self.digest)"
        _ = try create(["image_reference": .string(reference)])
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("both keys are read from stemcell.MF where the argument has none", arguments: 0...3)
    func manifest(form: Int) throws {
        let keys = "image_reference: '\(Self.reference)'\ndigest: \(Self.digest)"
        let forms = [
            "name: noble\ncloud_properties:\n  image_reference: \(Self.reference) # here\n"
                + "  digest: \"\(Self.digest)\"\nstemcell_formats:\n- docker-light\n",
            "---\n\(keys)\n",
            "cloud_properties: {image_reference: \(Self.reference), digest: '\(Self.digest)'}\n",
            "cloud_properties:\n  image_reference: wrong/one:1\n  digest: \(Self.digest)\n",
        ]
        _ = try scene.runner.directory.write("stemcell.MF", Array(forms[form].utf8))
        let own: JSON = form == 3 ? ["image_reference": .string(Self.reference)] : [:]
        let cid = try create(own)
        #expect(scene.docker.state.image(cid)?.parent == Self.id)
    }

    @Test("the digest's digits alone do, as for the Go CPI")
    func digits() throws {
        let digits = String(Self.digest.dropFirst("sha256:".count))
        _ = try create(properties(["digest": .string(digits)]))
        #expect(failure(properties(["digest": .string(digits + "0")])).contains("digest must be"))
    }

    @Test("what cannot be used is refused before anything is pulled")
    func refused() throws {
        let cases: [(JSON, String)] = [
            ([:], "image_reference"),
            (properties(["image_reference": "UPPER/case"]), "not a valid image reference"),
            (properties(["digest": "sha256:12"]), "digest must be"),
            (properties(["digest": .null]), "require_image_verification"),
            (
                properties(["image_reference": .string("\(Self.reference)@\(Self.other)")]),
                Self.other
            ),
            (
                properties(["digest": .string(Self.other), "image_reference": "a.b/c"]),
                "registry a.b has no such image"
            ),
            (properties(["registry": ["username": "u"]]), "registry.password"),
        ]
        for (properties, words) in cases {
            let message = failure(properties)
            #expect(message.contains(words), "\(message)")
        }
        #expect(scene.docker.state.images.count == 2)
        #expect(!scene.docker.requests.contains { $0.hasPrefix("POST") })
    }

    @Test("a wrong digest is refused, with both of them, also where none is required")
    func wrongDigest() throws {
        scene.runner.configuration["light_stemcell"] = ["require_image_verification": false]
        let message = failure(properties(["digest": .string(Self.other)]))
        #expect(message.contains(Self.other) && message.contains(Self.digest), "\(message)")
        #expect(message.contains("everything is as it was before"))
        #expect(scene.docker.state.images.count == 2 && scene.docker.state.containers.isEmpty)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("without a digest it is taken with a warning, where none is required")
    func noDigest() throws {
        scene.runner.configuration["light_stemcell"] = ["require_image_verification": false]
        let cid = try create(properties(["digest": .null]))
        #expect(scene.docker.state.image(cid)?.parent == Self.id)
        #expect(scene.runner.log.text.contains("has no digest"))
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a login is that of the call, else that of the configuration for the registry")
    func login() throws {
        scene.docker.state.registry[Self.reference]?.login = ("robot", "correct-horse")
        #expect(failure(Self.properties).contains("wants a login"))
        let login: JSON = ["username": "robot", "password": "correct-horse"]
        _ = try create(properties(["registry": login]))
        scene.runner.configuration["light_stemcell"] = [
            "registry": ["https://registry.example:5000/v2/": login]
        ]
        _ = try create()
        let wrong: JSON = ["username": "robot", "password": "wrong-horse"]
        let message = failure(properties(["registry": wrong]))
        #expect(message.contains("refuses the login"), "\(message)")
    }
}
