import Engine
import Testing

@testable import CPI
@testable import Support

/// A disk with a volume driver of its own: what Docker says of it depends on the driver's plugin.
@Suite("A disk of a plugin that does not answer")
struct PluginDiskTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.state.volumes[scene.disk]?.driver = "vendor"
    }

    @Test("is not called missing when the plugin is: a director would forget it")
    func missingPlugin() throws {
        scene.docker.onRequest = { [scene] _, request in
            request.method == "GET" && request.path.hasSuffix("/volumes/" + scene.disk)
                ? .status(404, "get \(scene.disk): plugin \"vendor\" not found") : nil
        }
        for method in ["has_disk", "delete_disk"] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, [.string(scene.disk)])
            }
            #expect(failure?.type == "Bosh::Clouds::CloudError", "\(failure)")
            #expect(failure?.message.contains("plugin \"vendor\" not found") == true)
        }
        #expect(scene.docker.state.volumes[scene.disk] != nil)
    }

    @Test("and a volume that is called like that is a volume")
    func named() throws {
        _ = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")],
            properties: ["volumes": ["jenkins-plugins:/var/jenkins"]])
        #expect(scene.docker.state.volumes["jenkins-plugins"] != nil)
    }

    /// A Docker whose plugin gives it an error forgets the labels, and finds the volume again without them.
    @Test("is not removed when Docker has forgotten its labels: it was not made anew")
    func forgottenLabels() throws {
        scene.before({ request in
            request.path.hasSuffix("/containers/create")
                && request.query.contains { $0.value.hasSuffix(".next") }
        }) { [scene] in
            scene.docker.state.volumes[scene.disk]?.labels = [:]
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.type == "Bosh::Clouds::DiskNotFound", "\(failure)")
        #expect(scene.docker.state.volumes[scene.disk]?.files["/data"] == Array("precious".utf8))
        #expect(try !scene.runner.orphans().contains { $0.name == scene.disk })
    }

    @Test(
        "a deletion that was not finished removes no volume that does not say that it is the disk",
        arguments: ["recover", "attach_disk", "delete_disk"])
    func anotherVolume(way: String) throws {
        for isRemade in [false, true] {
            let scene = try scene.copy()
            scene.docker.onRequest = { _, request in
                request.method == "DELETE" ? .status(500, "boom") : nil
            }
            _ = try? scene.runner.call("delete_disk", [.string(scene.disk)])
            scene.docker.onRequest = nil
            if isRemade {
                scene.docker.state.volumes[scene.disk] = .init(name: scene.disk)
            } else {
                scene.docker.state.volumes[scene.disk]?.labels = [:]
            }
            scene.docker.state.volumes[scene.disk]?.files["/theirs"] = [1]
            switch way {
            case "recover": try scene.runner.recover()
            case "attach_disk": _ = try? scene.attach()
            default:
                let failure = #expect(throws: CallFailure.self) {
                    try scene.runner.call(way, [.string(scene.disk)])
                }
                #expect(failure?.type == "Bosh::Clouds::DiskNotFound", "\(failure)")
            }
            #expect(scene.docker.state.volumes[scene.disk]?.files["/theirs"] == [1])
            // What a plugin has forgotten may be the disk itself.
            let open = try scene.runner.journal().open().map(\.state)
            #expect(open == (isRemade ? [] : [.parked]))
            guard way == "recover" else { continue }
            let deletion = try scene.runner.lastOperation()
            #expect(deletion.state == (isRemade ? .failed : .parked))
            #expect(deletion.error?.contains("does not say that it is a disk") == true)
        }
    }
}
