import Engine

@testable import CPI
@testable import Support

/// Networks that directors manage, and those that go with their last VM.
extension CrashScenario {
    static let networks = [
        CrashScenario(
            method: "create_network", variant: "",
            prepare: { try Scene() }, arguments: { _ in [["netmask_bits": 24]] },
            check: {
                (1...2).contains(managed($0).count) ? [] : ["not one network or two"]
            }),
        CrashScenario(
            method: "create_network", variant: "named",
            prepare: { try Scene() }, arguments: { _ in [DirectorNetworkTests.named] },
            check: { managed($0) == ["managed"] ? [] : ["it is not there"] }),
        CrashScenario(
            method: "delete_network", variant: "",
            prepare: {
                let scene = try Scene()
                _ = try scene.runner.call("create_network", [DirectorNetworkTests.named])
                scene.docker.forget()
                return scene
            },
            arguments: { _ in ["managed"] },
            check: { managed($0) == [] ? [] : ["the network is still there"] }),
        CrashScenario(
            method: "create_vm", variant: "overlay",
            prepare: { try Scene() },
            arguments: { scene in
                var network = Scene.network("net-o", "10.1.0.5")
                network["cloud_properties"]["driver"] = "overlay"
                return scene.arguments(networks: ["default": network])
            },
            // One that was killed between its name and its start is whole, stopped, and parked.
            check: { scene in
                scene.docker.state.containers.contains(where: \.isRunning) ? [] : ["no VM runs"]
            }, mayBeParked: true),
        CrashScenario(
            method: "delete_vm", variant: "and its network",
            prepare: {
                let scene = try Scene()
                scene.runner.configuration["networks"] = ["remove_unused": true]
                try scene.makeVM()
                return scene
            },
            arguments: { [.string($0.vm)] },
            check: { scene in
                // Without a journal nobody knows any more which networks a VM was on: `orphans` does.
                let orphans = try? scene.docker.apart { try scene.runner.orphans() }
                let isNamed = orphans?.contains { $0.name == "net-a" } ?? false
                let isThere = scene.docker.state.networkNames.contains("net-a")
                return scene.docker.state.containers.isEmpty && (!isThere || isNamed)
                    ? [] : ["the network is still there"]
            }),
    ]

    private static func managed(_ scene: Scene) -> [String] {
        scene.docker.state.networks.filter { $0.labels["io.bosh.network"] != nil }.map(\.name)
    }
}
