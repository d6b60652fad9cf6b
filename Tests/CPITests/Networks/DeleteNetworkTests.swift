import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("delete_network removes what create_network made, and nothing else")
struct DeleteNetworkTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    private func create(_ definition: JSON) throws -> JSON {
        try scene.runner.call("create_network", [definition])
    }

    private func delete(_ cid: String) throws -> JSON {
        try scene.runner.call("delete_network", [.string(cid)])
    }

    @Test("delete_network leaves another director's alone; a name of one letter can be deleted")
    func anotherDirectors() throws {
        _ = try create(["range": "10.9.0.0/24", "cloud_properties": ["name": "a"]])
        let index = try #require(scene.docker.state.networks.firstIndex { $0.name == "a" })
        scene.docker.state.networks[index].labels["io.bosh.director"] = "director-2"
        let failure = #expect(throws: CallFailure.self) { try delete("a") }
        #expect(failure?.message.contains("another director has made it") == true)
        scene.docker.state.networks[index].labels["io.bosh.director"] = "director-1"
        #expect(try delete("a") == .null)
    }

    @Test("delete_network removes it, unless a container is on it, running or not")
    func deleted() throws {
        _ = try create(DirectorNetworkTests.named)
        _ = try scene.makeVM(networks: ["a": Scene.network("managed", "10.9.0.5")])
        for isRunning in [true, false] {
            if !isRunning {
                let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
                scene.docker.state.containers[index].status = "exited"
            }
            let failure = #expect(throws: CallFailure.self) { try delete("managed") }
            #expect(failure?.message == "cannot delete network managed: \(scene.vm) is on it")
        }
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        _ = scene.story()
        #expect(try delete("managed") == .null)
        #expect(scene.story() == "remove network managed")
        let gone = #expect(throws: CallFailure.self) { try delete("managed") }
        #expect(gone?.type == "Bosh::Clouds::NetworkNotFound")
        let foreign = #expect(throws: CallFailure.self) { try delete("bridge") }
        #expect(foreign?.message.contains("not made by create_network") == true)
    }

    @Test("delete_network leaves a network that create_vm made to the VMs")
    func madeForVMs() throws {
        try scene.makeVM(networks: ["a": Scene.network("for-vms", "10.9.0.5")])
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        let failure = #expect(throws: CallFailure.self) { try delete("for-vms") }
        #expect(failure?.message.contains("not made by create_network") == true)
        #expect(scene.docker.state.network("for-vms") != nil)
    }

    @Test(
        "a network that somebody has made under its name since is not the one to delete",
        arguments: ["meanwhile", "killed"])
    func replaced(when: String) throws {
        _ = try create(DirectorNetworkTests.named)
        let replace = { [docker = scene.docker] in
            docker.state.networks.removeAll { $0.name == "managed" }
            docker.state.networks.append(
                .init(id: "another", name: "managed", driver: "bridge", subnets: ["10.77.0.0/24"]))
        }
        if when == "killed" {
            scene.docker.onRequest = { _, request in request.method == "DELETE" ? .kill : nil }
            _ = try? delete("managed")
            scene.docker.revive()
            replace()
            try scene.runner.recover()
        } else {
            scene.before({ $0.method == "DELETE" }, replace)
            #expect(try delete("managed") == .null)
        }
        #expect(scene.docker.state.network("managed")?.id == "another")
        #expect(try scene.runner.journal().open().isEmpty)
    }
}
