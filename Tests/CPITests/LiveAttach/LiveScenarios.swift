import Engine

@testable import CPI
@testable import Support

extension CrashScenario {
    /// Disks that come and go while the VM runs.
    static let live: [CrashScenario] = [
        CrashScenario(
            method: "attach_disk", variant: "live",
            prepare: { try liveScene() },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { whole($0) + ($0.isAttachedLive ? [] : ["it is not attached"]) }),
        CrashScenario(
            method: "attach_disk", variant: "live, its pin never runs",
            prepare: { try liveScene(pin: "never") },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { whole($0) + ($0.isAttachedLive ? [] : ["it is not attached"]) }),
        CrashScenario(
            method: "detach_disk", variant: "live, the agent's last disk",
            prepare: {
                let scene = try liveScene()
                _ = try scene.attach()
                scene.put(scene.disk, EntryScript.lastDisk)
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                whole(scene) + (scene.isAttached ? ["it is still attached"] : [])
                    + (scene.read(EntryScript.lastDisk) == ""
                        ? [] : ["the agent will look for the disk"])
            }),
        CrashScenario(
            method: "detach_disk", variant: "live, of a VM that is stopped, disks are kept",
            prepare: {
                let scene = try liveScene(pin: "always")
                _ = try scene.attach()
                try scene.stop()
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                whole(scene, isRunning: false) + (scene.isAttached ? ["it is still attached"] : [])
                    + (scene.container?.liveDisks == [] ? [] : ["it is still on the list"])
            }),
        CrashScenario(
            method: "attach_disk", variant: "a second one by replacement, the first is live",
            prepare: {
                let scene = try liveScene()
                _ = try scene.attach()
                scene.runner.configuration["attach"] = "restart"
                try scene.makeDisk()
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { scene in
                whole(scene) + (scene.isAttached ? [] : ["it is not attached"])
                    + (scene.container?.live.count == 1 ? [] : ["the first one is not mounted"])
            }),
        CrashScenario(
            method: "delete_vm", variant: "with a live disk",
            prepare: {
                let scene = try liveScene()
                _ = try scene.attach()
                return scene
            },
            arguments: { [.string($0.vm)] },
            check: { scene in
                let state = scene.docker.state
                return state.containers.isEmpty && state.volumeNames == [scene.disk]
                    ? kept(scene) : ["left: \(state.containerNames) \(state.volumeNames)"]
            }),
        CrashScenario(
            method: "create_disk", variant: "that is kept",
            prepare: {
                let scene = try Scene()
                scene.runner.configuration["disks"] = ["pin": "always"]
                return scene
            },
            arguments: { _ in [100, [:]] },
            check: {
                (1...2).contains($0.docker.state.volumes.count) ? [] : ["not one disk or two"]
            }),
        CrashScenario(
            method: "delete_disk", variant: "that is kept",
            prepare: {
                let scene = try Scene()
                scene.runner.configuration["disks"] = ["pin": "always"]
                try scene.makeDisk()
                return scene
            },
            arguments: { [.string($0.disk)] },
            check: { scene in
                scene.docker.state.volumes.isEmpty && scene.docker.state.containers.isEmpty
                    ? [] : ["the disk or its keeper is still there"]
            }),
    ]

    /// A VM and a disk, and a CPI that attaches without a restart.
    private static func liveScene(pin: String = "attached") throws -> Scene {
        let scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        scene.runner.configuration["disks"] = ["pin": .string(pin)]
        try scene.makeVM()
        try scene.makeDisk()
        return scene
    }
}

extension Scene {
    /// An operator stops the VM.
    func stop() throws {
        try docker.apart {
            _ = try docker.transport(Request("POST", "/v1.41/containers/\(vm)/stop"))
        }
    }
}
