import Engine

@testable import CPI
@testable import Support

extension CrashScenario {
    /// The world that the Go CPI leaves, and every method in it.
    static let goWorld: [CrashScenario] =
        [
            attachGo("the Go CPI's VM, stemcell version 1", settings: [Scene.goDisk]) {
                let scene = try Scene.goWorld()
                scene.runner.stemcellAPIVersion = nil
                return scene
            },
            attachGo("the Go CPI's VM, two networks, old Engine", settings: []) {
                let docker = FakeDocker()
                docker.apiVersion = "1.41"
                return try Scene.goWorld(networks: ["net-a", "net-b"], docker)
            },
            attachGo("the Go CPI's VM, its settings have not come yet", settings: nil) {
                try Scene.goWorld(isEarly: true)
            },
            CrashScenario(
                method: "detach_disk", variant: "the Go CPI's VM",
                prepare: { try Scene.goWorld(isAttached: true) },
                arguments: { [.string($0.vm), .string($0.disk)] },
                check: { scene in
                    wholeGo(scene, settings: [])
                        + (scene.isAttached ? ["it is still attached"] : [])
                        + (scene.read(EntryScript.lastDisk) == ""
                            ? [] : ["the agent will look for the disk"])
                }),
            CrashScenario(
                method: "reboot_vm", variant: "the Go CPI's VM",
                prepare: { try Scene.goWorld(isAttached: true) },
                arguments: { [.string($0.vm)] },
                check: { scene in
                    wholeGo(scene, settings: [scene.disk])
                        + (scene.isAttached ? [] : ["the disk is gone"])
                }),
            CrashScenario(
                method: "delete_vm", variant: "the Go CPI's VM",
                prepare: { try Scene.goWorld(isAttached: true) },
                arguments: { [.string($0.vm)] },
                check: { scene in
                    let state = scene.docker.state
                    return state.containers.isEmpty && state.volumeNames == [scene.disk]
                        && state.imageTags == [scene.stemcell]
                        ? kept(scene)
                        : ["left: \(state.containerNames) \(state.volumeNames) \(state.imageTags)"]
                }),
            CrashScenario(
                method: "set_vm_metadata", variant: "the Go CPI's VM",
                prepare: { try Scene.goWorld(isAttached: true) },
                arguments: { [.string($0.vm), ["job": "x"]] },
                check: { wholeGo($0, settings: [$0.disk]) }),
        ] + goRest

    private static let goRest = [
        CrashScenario(
            method: "delete_disk", variant: "the Go CPI's",
            prepare: { try Scene.goWorld() }, arguments: { [.string($0.disk)] },
            check: { scene in
                scene.docker.state.volumes[scene.disk] == nil
                    ? wholeGo(scene, settings: [], hasDisk: false) : ["the disk is still there"]
            }),
        CrashScenario(
            method: "delete_stemcell", variant: "the Go CPI's",
            prepare: { try emptyGoWorld() }, arguments: { [.string($0.stemcell)] },
            check: { $0.docker.state.images.isEmpty ? kept($0) : ["the image is still there"] }),
        CrashScenario(
            method: "create_vm", variant: "from the Go CPI's stemcell, with its disk",
            prepare: { try emptyGoWorld() },
            arguments: { $0.arguments(disks: [$0.disk]) },
            check: { scene in
                kept(scene)
                    + (scene.docker.state.containers.contains { $0.isRunning }
                        ? [] : ["there is no VM"])
            }, mayBeParked: true),
    ]

    /// Its VM is gone: stemcell and disk are left.
    private static func emptyGoWorld() throws -> Scene {
        let scene = try Scene.goWorld(isAttached: true)
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        scene.vm = ""
        scene.docker.forget()
        return scene
    }

    private static func attachGo(
        _ variant: String, settings: [String]?,
        _ prepare: @escaping @Sendable () throws -> Scene
    ) -> CrashScenario {
        CrashScenario(
            method: "attach_disk", variant: variant, prepare: prepare,
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                wholeGo(scene, settings: settings)
                    + (scene.isAttached ? [] : ["it is not attached"])
            })
    }

    /// The VM is there with all that is its own. `settings`: the disks that its agent is to find there.
    private static func wholeGo(_ scene: Scene, settings: [String]?, hasDisk: Bool = true)
        -> [String]
    {
        let container = scene.container
        let addresses = container?.endpoints.compactMapValues {
            $0.address ?? $0.config["IPAMConfig"]["IPv4Address"].string
        }
        let host = container?.hostConfig ?? .null
        let hasSecret = scene.read(Scene.settings)?.contains(Scene.secret) == true
        let found = scene.disksInSettings
        var problems = hasDisk ? kept(scene) : []
        func require(_ holds: Bool, _ otherwise: String) {
            if !holds { problems.append(otherwise) }
        }
        require(container?.isRunning == true, "the VM does not run")
        require(scene.read(Scene.layerFile) == "layer", "a file of the layer is lost")
        require(scene.read(Scene.ephemeralFile) == "ephemeral", "the ephemeral disk is lost")
        require(addresses?["net-a"] == "10.1.0.5", "its address is lost")
        require(addresses?["bridge"] == nil, "it is on Docker's bridge")
        require(host["Privileged"] == true, "it is not privileged")
        require(host["PublishAllPorts"] == true, "its ports are not published")
        require(container?.config["Cmd"].array?.first == "bash", "its command is lost")
        require(
            container?.config["Env"].array?.contains("reschedule:on-node-failure") == true,
            "its environment is lost")
        require(found == settings, "the agent finds \(found ?? []) in its settings")
        require(settings == nil || hasSecret, "the agent's settings are lost")
        return problems
    }
}
