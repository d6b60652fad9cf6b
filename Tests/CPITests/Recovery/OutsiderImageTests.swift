import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Whoever runs a VM's image to look into it has no VM by that")
struct OutsiderImageTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    /// `docker run --detach --name debug IMAGE`.
    private func run(_ image: String) throws {
        try scene.docker.apart {
            var create = Request("POST", "/v1.45/containers/create")
            create.query = [(name: "name", value: "debug")]
            create.body = .bytes(
                (["Image": .string(image)] as JSON).bytes, type: "application/json")
            let start = Request("POST", "/v1.45/containers/debug/start")
            let statuses = try [create, start].map { try scene.docker.transport($0).status }
            #expect(statuses == [201, 204])
        }
    }

    private var image: String {
        scene.docker.state.imageTags.first { $0.hasPrefix(scene.vm) } ?? ""
    }

    @Test(
        "recovery after a kill at the commit takes it for no replacement", arguments: [true, false])
    func afterTheCommit(isAttach: Bool) throws {
        if !isAttach { _ = try scene.attach() }
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .killAfter : nil
        }
        _ = try? isAttach ? scene.attach() : scene.detach()
        scene.docker.revive()
        try run(image)
        try scene.runner.recover()
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.container?.isRunning == true)
        #expect(scene.docker.state.container("debug")?.isRunning == true)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("one that has lost its name when it was to be removed is named; somebody's own is not")
    func nameless() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .killAfter : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        let index = try #require(scene.docker.state.images.firstIndex { $0.tags == [image] })
        var lost = scene.docker.state.images[index]
        lost.tags = []
        try scene.docker.apart {
            var commit = Request("POST", "/v1.45/commit")
            commit.query = [
                (name: "container", value: scene.vm), (name: "repo", value: "own"),
            ]
            commit.body = .bytes(([:] as JSON).bytes, type: "application/json")
            _ = try scene.docker.transport(commit)
        }
        let own = try #require(scene.docker.state.images.firstIndex { $0.tags == ["own:latest"] })
        scene.docker.state.images[own].tags = []
        try scene.runner.recover()
        // A Docker that failed in the removal of its name.
        scene.docker.state.images.append(lost)
        let named = try scene.runner.orphans(journal: true).filter { $0.kind == .image }
        #expect(named.map(\.name) == [lost.id])
        #expect(named.first?.removal.isPossible == false)
    }

    @Test("nor does the call itself, when it is run before the replacement is made")
    func inTheCall() throws {
        _ = try scene.attach()
        var isRun = false
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/containers/create"),
                request.query.contains(where: { $0.value.hasSuffix(".next") })
            else { return nil }
            scene.docker.onRequest = nil
            isRun = (try? run(image)) != nil
            return nil
        }
        _ = try scene.detach()
        #expect(isRun)
        #expect(scene.read(Scene.layerFile) == "layer")
        #expect(scene.docker.state.container("debug")?.isRunning == true)
    }

    @Test("after the VM is gone it is no VM that was renamed by hand")
    func goneVM() throws {
        _ = try scene.attach()
        try run(image)
        scene.docker.state.containers.removeAll { $0.name == scene.vm }
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        _ = try scene.runner.operatorRecovery(journal: true).tidyOldContainers()
        #expect(scene.docker.state.container("debug") != nil)
    }

    @Test(
        "one that has lost its name goes with what made it, and with the VM",
        arguments: [true, false])
    func namelessGoes(isDeleted: Bool) throws {
        try scene.killAttachAtCommit()
        let index = try #require(scene.docker.state.images.firstIndex { $0.tags == [image] })
        scene.docker.state.images[index].tags = []
        let lost = scene.docker.state.images[index]
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true)
        if isDeleted {
            scene.docker.state.images.append(lost)
            _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        }
        #expect(scene.docker.state.images.allSatisfy { $0.labels[Label.vm] != scene.vm })
    }

    @Test("doctor does not count it among the VMs")
    func privileges() throws {
        func words() throws -> String? {
            try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
                .first { $0.what == "privileged" }?.words
        }
        try run(scene.stemcell)
        let debug = try #require(scene.docker.state.index(ofContainer: "debug"))
        scene.docker.state.containers[debug].config["Labels"] = [Label.vm: .string(scene.vm)]
        #expect(try words() == "1 VMs run with privileges")
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "exited"
        #expect(try words() == "not seen: no VM runs")
    }
}
