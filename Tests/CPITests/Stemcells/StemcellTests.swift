import Engine
import Glibc
import Testing

@testable import CPI
@testable import Support

@Suite("Stemcells are images whose CID is their last name")
struct StemcellTests {
    let scene: Scene
    let properties: JSON = ["name": "ubuntu \"$x\\", "version": "1.5", "os_distro": "ubuntu"]

    init() throws { scene = try Scene() }

    private func create(_ path: String? = nil) throws -> String {
        try create(path, in: scene).string ?? ""
    }

    private func create(_ path: String? = nil, in scene: Scene) throws -> JSON {
        let image = path ?? scene.runner.directory.path + "/image"
        return try scene.runner.call("create_stemcell", [.string(image), properties])
    }

    @Test("delete_stemcell removes no image by its id: that is the name of no stemcell")
    func deleteByID() throws {
        let id = try #require(scene.docker.state.image(scene.stemcell)).id
        let digits = String(id.split(separator: ":").last ?? "")
        for name in [digits, String(digits.prefix(12)), "sha256:" + digits] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call("delete_stemcell", [.string(name)])
            }
            #expect(failure?.message.contains("is the id of an image") == true, "\(failure)")
        }
        #expect(scene.docker.state.image(scene.stemcell) != nil)
    }

    @Test("one that a prune takes before the answer is not answered, and nothing is left")
    func prunedAtTheEnd() throws {
        let before = scene.docker.state.imageTags
        scene.docker.onRequest = { [docker = scene.docker] _, request in
            guard request.method == "DELETE", request.path.contains("/images/") else { return nil }
            docker.state.images.removeAll { image in
                image.tags.contains {
                    $0.hasPrefix("stemcell:") && !before.contains($0) && !$0.hasSuffix(".new")
                }
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try create() as String }
        #expect(failure?.message.contains("is gone: somebody has removed it") == true, "\(failure)")
        #expect(scene.docker.state.imageTags == before)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test(
        "the image is imported under another name, looked into, and named by its CID when it is whole"
    )
    func order() throws {
        let cid = try create()
        #expect(
            scene.runner.story([cid: "CID", StemcellCID(cid).base: "BASE"]) == """
                import CID.new
                create BASE
                commit BASE as CID
                remove BASE
                remove image CID.new
                """)
        let image = try #require(scene.docker.state.image(cid))
        #expect(image.tags == [cid])
        #expect(image.files["/etc/os-release"] == Array("ID=test".utf8))
        #expect(image.labels["io.bosh.stemcell"] == cid)
        #expect(image.labels["io.bosh.stemcell.name"] == "ubuntu \"$x\\")
        #expect(image.labels["io.bosh.stemcell.version"] == "1.5")
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("tags of API version 3 become labels")
    func tags() throws {
        let arguments: [JSON] = [
            .string(scene.runner.directory.path + "/image"), properties,
            ["tags": ["team": "a", "n": 1, "pwd": "unlabelled", "a=b": "c"]],
        ]
        scene.docker.onRequest = { _, request in
            request.query.contains { $0.name == "changes" && $0.value.contains("a=b") }
                ? .status(400, "Syntax error - can't find = in \"b\"\"") : nil
        }
        let cid = try #require(
            try scene.runner.call("create_stemcell", arguments, version: 3).string)
        #expect(scene.docker.state.image(cid)?.labels["io.bosh.tag.team"] == "a")
        #expect(scene.docker.state.image(cid)?.labels["io.bosh.tag.n"] == "1")
        #expect(scene.docker.state.image(cid)?.labels["io.bosh.tag.pwd"] == "***")
        #expect(scene.docker.state.image(cid)?.labels["io.bosh.tag.a=b"] == "c")
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_stemcell", [arguments[0], [:], "tags"], version: 3)
        }
        #expect(failure?.message.contains("env must be an object") == true, "\(failure)")
        let pipe = scene.runner.directory.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let waiting = #expect(throws: CallFailure.self) { try create(pipe) as String }
        #expect(waiting?.message.contains("it is not a regular file") == true, "\(waiting)")
        for (key, value) in [("version", true), ("operating_system", [:])] as [(String, JSON)] {
            let wrong = #expect(throws: CallFailure.self) {
                try scene.runner.call("create_stemcell", [arguments[0], [key: value]])
            }
            #expect(wrong?.message.contains("cloud_properties.\(key) must be") == true, "\(wrong)")
        }
        let path = scene.runner.directory.path + "/image\0junk"
        let cut = #expect(throws: CallFailure.self) { try create(path) as String }
        #expect(cut?.message.contains("image_path has a character zero") == true, "\(cut)")
    }

    @Test("what the cloud_properties do not say is read from stemcell.MF")
    func manifest() throws {
        let manifest =
            "---\nname: from-manifest\nversion: '7.1'\noperating_system: noble\ncloud_properties:\n  name: no\n"
        _ = try scene.runner.directory.write("stemcell.MF", Array(manifest.utf8))
        let arguments: [JSON] = [.string(scene.runner.directory.path + "/image"), [:]]
        let cid = try #require(try scene.runner.call("create_stemcell", arguments).string)
        let labels = scene.docker.state.image(cid)?.labels
        #expect(labels?["io.bosh.stemcell.name"] == "from-manifest")
        #expect(labels?["io.bosh.stemcell.version"] == "7.1")
        #expect(labels?["io.bosh.stemcell.os"] == "noble")
    }

    @Test(
        "a file that is no archive is refused before Docker sees it",
        arguments: ["", "not a tar", "{}"])
    func noArchive(content: String) throws {
        let path = try scene.runner.directory.write("bad", Array(content.utf8))
        let failure = #expect(throws: CallFailure.self) { try create(path) }
        #expect(failure?.message.contains(path) == true)
        #expect(
            #expect(throws: CallFailure.self) { try create("/absent") }?.message.contains("/absent")
                == true)
        #expect(scene.story() == "")
    }

    @Test("an error inside the progress stream is an error, and nothing stays")
    func streamError() throws {
        var tar = FakeTar.archive(["a": [1]])
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        let path = try scene.runner.directory.write("tar", tar)
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/images/create") ? .status(500, "disk full") : nil
        }
        #expect(
            #expect(throws: CallFailure.self) { try create(path) }?.message.contains("disk full")
                == true)
        #expect(scene.docker.state.images.count == 2)
    }

    @Test("what has no shell can be no VM: it is refused, and nothing stays")
    func noShell() throws {
        let path = try scene.runner.directory.write(
            "saved", FakeTar.archive(["manifest.json": Array("[]".utf8)]))
        let before = scene.docker.state.images.count
        let failure = try #require(throws: CallFailure.self) { try create(path) }
        #expect(failure.message.contains("the stemcell has no /bin/sh"))
        #expect(failure.message.contains("Rolled back: everything is as it was before"))
        #expect(scene.docker.state.images.count == before)
        #expect(scene.docker.state.containers.isEmpty)
    }

    @Test("each failed request leaves nothing behind")
    func cleanup() throws {
        try scene.expectNoStemcellLeft { try create(in: $0) }
    }

    @Test("delete_stemcell removes the image; missing is success")
    func delete() throws {
        let arguments: [JSON] = [.string(scene.stemcell)]
        #expect(try scene.runner.call("delete_stemcell", arguments) == .null)
        #expect(scene.docker.state.images.isEmpty)
        _ = scene.story()
        #expect(try scene.runner.call("delete_stemcell", arguments) == .null)
        #expect(scene.story() == "")
    }

    @Test("an image that somebody has given a stemcell's name to is not the stemcell")
    func anotherImage() throws {
        let name = scene.stemcell
        let index = try #require(scene.docker.state.index(ofImage: name))
        scene.docker.state.images[index].labels = [:]
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_stemcell", [.string(name)])
        }
        #expect(
            failure?.message.contains("the image of that name is another one") == true,
            "\(String(describing: failure))")
        #expect(scene.docker.state.imageTags == [name])
    }

    @Test("a stemcell whose name is given away at the last moment has gone; the other image stays")
    func renamed() throws {
        let name = scene.stemcell
        let before = scene.docker.state.images.map(\.id)
        let another = FakeDocker.State.Image(
            id: "sha256:another", created: scene.docker.state.newTime(), tags: [], labels: [:])
        var looks = 0
        scene.docker.onRequest = { [docker = scene.docker] _, request in
            looks += request.path.contains("/images/") && request.path.hasSuffix("/json") ? 1 : 0
            if looks == 2, docker.state.image(another.id) == nil {
                docker.state.images.append(another)
                docker.name(another.id, name)
            }
            return nil
        }
        #expect(try scene.runner.call("delete_stemcell", [.string(name)]) == .null)
        #expect(scene.docker.state.images.map(\.id) == before + [another.id])
        #expect(scene.docker.state.imageTags == [name])
    }

    @Test("a stemcell that a VM is made from is not removed, and the VM keeps running")
    func used() throws {
        try scene.makeVM()
        #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_stemcell", [.string(scene.stemcell)])
        }
        #expect(scene.docker.state.imageTags == [scene.stemcell])
        #expect(scene.container?.isRunning == true)
    }

    @Test("a stemcell stays usable for a VM whose layer was committed, after its name went")
    func layersStay() throws {
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        _ = try scene.runner.call("delete_stemcell", [.string(scene.stemcell)])
        _ = try scene.detach()
        #expect(scene.container?.isRunning == true)
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.images.isEmpty)
    }
}

extension Scene {
    /// create_stemcell leaves nothing behind, whichever of its requests fails.
    func expectNoStemcellLeft(_ create: (Scene) throws -> JSON) throws {
        let sweep = try sweepFailures(create) { scene, number, outcome in
            switch outcome {
            case .success: #expect(scene.docker.state.images.count == 4, "request \(number)")
            case .failure:
                #expect(scene.docker.state.imageTags == [scene.stemcell], "request \(number)")
            }
            scene.docker.revive()
            try scene.runner.recover()
            #expect(scene.docker.settledInvariants() == [], "request \(number)")
            let wrong = try scene.runner.journal().check()
            #expect(wrong == [], "request \(number)")
        }
        #expect(sweep.isWhole, "\(sweep)")
    }
}
