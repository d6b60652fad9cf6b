import Engine

@testable import CPI
@testable import Support

/// A world and a call in it that is going to be killed at every place.
struct CrashScenario: Sendable, CustomStringConvertible {
    let method: String
    let variant: String
    /// Makes the world before the call.
    let prepare: @Sendable () throws -> Scene
    let arguments: @Sendable (Scene) -> [JSON]
    /// What is wrong after the same call was made once more and succeeded.
    let check: @Sendable (Scene) -> [String]
    /// Whether the repeated call may fail because what was killed is made and parked.
    var mayBeParked = false

    /// Whether an operator may choose between back and forward.
    var hasChoice: Bool { ["attach_disk", "detach_disk"].contains(method) }

    var description: String { variant.isEmpty ? method : "\(method), \(variant)" }

    /// At least one for each method that has effects.
    static let all: [CrashScenario] =
        [
            CrashScenario(
                method: "create_stemcell", variant: "",
                prepare: { try Scene() },
                arguments: { [.string($0.runner.directory.path + "/image"), ["name": "x"]] },
                check: { scene in
                    let tags = scene.docker.state.images.flatMap(\.tags)
                    let stemcells = tags.filter {
                        $0.hasPrefix(StemcellCID.prefix) && StemcellCID.ofIncomplete($0) == nil
                    }
                    return (2...3).contains(stemcells.count) ? [] : ["stemcells: \(stemcells)"]
                }),
            CrashScenario(
                method: "create_stemcell", variant: "light",
                prepare: { try LightStemcellTests.scene() },
                arguments: { LightStemcellTests.arguments($0) },
                check: { scene in
                    let layers = LightStemcellTests.id
                    return scene.docker.state.images.contains { $0.parent == layers }
                        ? [] : ["no light stemcell"]
                }),
            CrashScenario(
                method: "delete_stemcell", variant: "",
                prepare: { try Scene() }, arguments: { [.string($0.stemcell)] },
                check: { $0.docker.state.images.isEmpty ? [] : ["the image is still there"] }),
            CrashScenario(
                method: "create_disk", variant: "",
                prepare: { try Scene() }, arguments: { _ in [100, [:]] },
                check: {
                    (1...2).contains($0.docker.state.volumes.count) ? [] : ["not one disk or two"]
                }),
            CrashScenario(
                method: "delete_disk", variant: "",
                prepare: {
                    let scene = try Scene()
                    try scene.makeDisk()
                    return scene
                },
                arguments: { [.string($0.disk)] },
                check: { $0.docker.state.volumes.isEmpty ? [] : ["the disk is still there"] }),
        ] + machines + remounts + live + records + networks + settings + snapshots + goWorld

    /// Those whose recovery takes several steps.
    static let withRecovery = all.filter {
        (["create_vm", "detach_disk"].contains($0.method) && !$0.variant.contains("stopped")
            && !$0.variant.contains("Go CPI"))
            || ["running", "live"].contains($0.variant)
    }

    private static let machines = [
        CrashScenario(
            method: "create_vm", variant: "new network, disk mounted ahead",
            prepare: {
                let scene = try Scene()
                try scene.makeDisk()
                return scene
            },
            arguments: { $0.arguments(disks: [$0.disk]) },
            check: { whole($0.docker) + kept($0) }, mayBeParked: true),
        CrashScenario(
            method: "create_vm", variant: "two networks, old Engine",
            prepare: {
                let docker = FakeDocker()
                docker.apiVersion = "1.41"
                return try Scene(docker)
            },
            arguments: { $0.arguments(networks: Scene.twoNetworks) }, check: { whole($0.docker) },
            mayBeParked: true),
        CrashScenario(
            method: "create_vm", variant: "dynamic address",
            prepare: { try Scene() },
            arguments: { $0.arguments(networks: Scene.dynamicNetwork) }, check: { whole($0.docker) }
        ),
        CrashScenario(
            method: "delete_vm", variant: "with a disk",
            prepare: { try attached() }, arguments: { [.string($0.vm)] },
            check: { scene in
                let state = scene.docker.state
                return
                    (state.containers.isEmpty && state.volumeNames == [scene.disk]
                    && state.imageTags == [scene.stemcell])
                    ? kept(scene)
                    : ["left: \(state.containerNames) \(state.volumeNames) \(state.imageTags)"]
            }),
        CrashScenario(
            method: "reboot_vm", variant: "",
            prepare: { try attached() }, arguments: { [.string($0.vm)] },
            check: { whole($0) + ($0.isAttached ? [] : ["the disk is gone"]) }),
    ]

    private static let remounts = [
        attach("running") { _ in },
        attach("stopped") { scene in
            guard let index = scene.docker.state.index(ofContainer: scene.vm) else { return }
            scene.docker.state.containers[index].status = "exited"
        },
        attach("restart policy always") { scene in
            guard let index = scene.docker.state.index(ofContainer: scene.vm) else { return }
            scene.docker.state.containers[index].hostConfig["RestartPolicy"] = ["Name": "always"]
        },
        attach("two networks, old Engine", networks: Scene.twoNetworks, version: "1.41") { _ in },
        attach("unmounted inside") { scene in
            _ = try scene.attach()
            guard let index = scene.docker.state.index(ofContainer: scene.vm) else { return }
            scene.docker.state.containers[index].unmounted = ["/warden-cpi-dev/\(scene.disk)"]
        },
        CrashScenario(
            method: "detach_disk", variant: "disks are kept",
            prepare: {
                let scene = try attached()
                scene.runner.configuration["disks"] = ["pin": "always"]
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                let keeper = scene.docker.state.container(DiskCID(scene.disk).keeper)
                return whole(scene) + (scene.isAttached ? ["it is still attached"] : [])
                    + (keeper?.isRunning == true ? [] : ["nothing keeps the disk"])
            }),
        CrashScenario(
            method: "detach_disk", variant: "the agent's last disk",
            prepare: {
                let scene = try attached()
                scene.put(scene.disk, "/var/vcap/bosh/managed_disk_settings.json")
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                whole(scene) + (scene.isAttached ? ["it is still attached"] : [])
                    + (scene.read("/var/vcap/bosh/managed_disk_settings.json") == ""
                        ? [] : ["the agent will look for the disk"])
            }),
    ]

    private static let records = [
        ("set_vm_metadata", [["job": "x"]]), ("set_disk_metadata", [["job": "x"]]),
        ("resize_disk", [200]), ("update_disk", [200, [:]]),
    ].map { (method: String, rest: [JSON]) in
        CrashScenario(
            method: method, variant: "", prepare: { try attached() },
            arguments: { [.string(method.contains("vm") ? $0.vm : $0.disk)] + rest },
            check: { whole($0) + ($0.isAttached ? [] : ["the disk is gone"]) })
    }

    private static func attach(
        _ variant: String, networks: JSON = Scene.staticNetwork, version: String = "1.45",
        _ change: @escaping @Sendable (Scene) throws -> Void
    ) -> CrashScenario {
        CrashScenario(
            method: "attach_disk", variant: variant,
            prepare: {
                let docker = FakeDocker()
                docker.apiVersion = version
                let scene = try Scene(docker)
                try scene.makeVM(networks: networks)
                try scene.makeDisk()
                try change(scene)
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                let policy = scene.container?.hostConfig["RestartPolicy"]["Name"].string ?? ""
                let wanted = variant.hasPrefix("restart policy") ? "always" : "unless-stopped"
                let unmounted = scene.container?.unmounted ?? []
                return whole(scene, isRunning: variant != "stopped")
                    + (scene.isAttached ? [] : ["it is not attached"])
                    + (policy == wanted ? [] : ["the restart policy is \(policy)"])
                    + (unmounted.isEmpty ? [] : ["it is not mounted inside"])
            })
    }

    private static func attached() throws -> Scene {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        return scene
    }

    /// The VM is there with all that is its own.
    static func whole(_ scene: Scene, isRunning: Bool = true) -> [String] {
        let networks = scene.container?.endpoints.mapValues {
            $0.address ?? $0.config["IPAMConfig"]["IPv4Address"].string
        }
        return kept(scene)
            + (scene.container?.isRunning == isRunning ? [] : ["the VM is running: \(!isRunning)"])
            + (scene.read(Scene.layerFile) == "layer" ? [] : ["a file of the layer is lost"])
            + (scene.read(Scene.ephemeralFile) == "ephemeral" ? [] : ["the ephemeral disk is lost"])
            + (networks?["net-a"] == "10.1.0.5" ? [] : ["the address is lost"])
            + (scene.container?.endpoints["net-a"]?.pinnedMAC == "02:42:0a:01:00:05"
                ? [] : ["the MAC is lost"])
            + (scene.container?.labels["io.bosh.agent_id"] == "agent-1"
                ? [] : ["the agent's label is lost"])
    }

    /// A persistent disk keeps its content.
    static func kept(_ scene: Scene) -> [String] {
        scene.docker.state.volumes[scene.disk]?.files["/data"] == Array("precious".utf8)
            ? [] : ["the content of the persistent disk is lost"]
    }

    /// Each VM has its ephemeral volume and its settings.
    private static func whole(_ docker: FakeDocker) -> [String] {
        docker.state.containers.flatMap { container in
            let vm = container.labels["io.bosh.vm"] ?? ""
            let settings = container.layer["/var/vcap/bosh/warden-cpi-agent-env.json"]
            return
                (docker.state.volumes["\(vm)-ephemeral"] == nil
                ? ["\(vm) has no ephemeral volume"] : [])
                + (settings == nil ? ["\(vm) has no settings"] : [])
                + (container.isRunning ? [] : ["\(vm) does not run"])
        } + (docker.state.containers.isEmpty ? ["there is no VM"] : [])
    }
}
