import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Networks that the CPI made for VMs")
struct UnusedNetworkTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        scene.runner.configuration["networks"] = ["remove_unused": true]
    }

    private func delete(_ vm: String) throws {
        _ = try scene.runner.call("delete_vm", [.string(vm)])
    }

    @Test("a director's that Docker makes when its create_network has failed is named, and kept")
    func late() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/networks/create") ? .killLate : nil
        }
        _ = try? scene.runner.call("create_network", [DirectorNetworkTests.named])
        scene.docker.revive()
        try scene.runner.recover()
        try scene.docker.catchUp()
        let named = try scene.runner.orphans(journal: true).filter { $0.kind == .network }
        #expect(named.count == 1 && named[0].reason.contains("Docker has made it afterwards"))
        #expect(named.first?.removal.isPossible == false)
        _ = try scene.runner.call("create_network", [DirectorNetworkTests.named])
        #expect(try scene.runner.orphans(journal: true).allSatisfy { $0.kind != .network })
    }

    @Test("they go with their last VM, also when the other one does not run")
    func last() throws {
        try scene.makeVM()
        let answer = try scene.create(
            agent: "agent-2", networks: ["a": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first?.string)
        let index = try #require(scene.docker.state.index(ofContainer: other))
        scene.docker.state.containers[index].status = "exited"
        try delete(scene.vm)
        #expect(scene.docker.state.networkNames.contains("net-a"))
        try delete(other)
        #expect(!scene.docker.state.networkNames.contains("net-a"))
    }

    @Test("they stay unless the configuration says so; others' and a director's stay always")
    func stay() throws {
        scene.docker.state.networks.append(
            .init(id: "n9", name: "theirs", driver: "bridge", subnets: ["10.8.0.0/24"]))
        _ = try scene.runner.call("create_network", [DirectorNetworkTests.named])
        for (name, ip) in [("theirs", "10.8.0.5"), ("managed", "10.9.0.5")] {
            try scene.makeVM(networks: ["a": Scene.network(name, ip)])
            try delete(scene.vm)
            #expect(scene.docker.state.networkNames.contains(name))
        }
        scene.runner.configuration["networks"] = .null
        try scene.makeVM()
        try delete(scene.vm)
        #expect(scene.docker.state.networkNames.contains("net-a"))
    }

    @Test("one that goes while a VM is being made is made again", arguments: ["1.45", "1.41"])
    func again(version: String) throws {
        scene.docker.apiVersion = version
        try scene.makeVM(networks: Scene.twoNetworks)
        scene.docker.onRequest = { [scene] _, request in
            // Between the look for it and the container that is to be on it.
            if request.method == "POST", request.path.hasSuffix("/volumes/create") {
                scene.docker.state.networks.removeAll { $0.name != "bridge" }
                scene.docker.state.containers.removeAll()
            }
            return nil
        }
        _ = try scene.create(agent: "agent-2", networks: Scene.twoNetworks)
        #expect(scene.docker.state.networkNames == ["bridge", "net-a", "net-b"])
    }

    @Test("a further network of somebody else's that goes while a VM is made is not made again")
    func goneMeanwhile() throws {
        try scene.makeVM(networks: Scene.twoNetworks)
        for index in scene.docker.state.networks.indices {
            scene.docker.state.networks[index].labels = [:]
        }
        scene.docker.apiVersion = "1.41"
        scene.before({ [scene] request in
            request.path.hasSuffix("/networks/net-b")
                && scene.docker.state.containers.contains { $0.name.hasSuffix(".new") }
        }) { [scene] in
            scene.docker.state.networks.removeAll { $0.name == "net-b" }
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(
                agent: "agent-2",
                networks: [
                    "a": Scene.network("net-a", "10.1.0.9"),
                    "b": Scene.network("net-b", "10.2.0.9"),
                ])
        }
        #expect(
            failure?.message.contains("network net-b is gone: somebody has removed it") == true,
            "\(failure)")
        #expect(scene.docker.state.network("net-b") == nil)
    }
}
