import Engine

@testable import CPI
@testable import Support

extension CrashScenario {
    /// Disks that are copied, and copied back.
    static let snapshots: [CrashScenario] = [
        CrashScenario(
            method: "snapshot_disk", variant: "of a VM that runs",
            prepare: { try Scene.withDisk(isAttached: true) },
            arguments: { [.string($0.disk), ["job": "db"]] },
            check: { whole($0) + snapshotsAreWhole($0) }),
        CrashScenario(
            method: "snapshot_disk", variant: "longer than the VM may be paused",
            prepare: {
                let scene = try Scene.withDisk(isAttached: true)
                scene.docker.state.copyTakes = 8
                scene.runner.configuration["snapshots"] = ["pause_limit": 1]
                return scene
            },
            arguments: { [.string($0.disk), [:]] },
            check: { whole($0) + snapshotsAreWhole($0) }),
        CrashScenario(
            method: "snapshot_disk", variant: "of a disk that no VM has, disks are kept",
            prepare: {
                let scene = try Scene.withDisk(isAttached: false)
                scene.runner.configuration["disks"] = ["pin": "always"]
                return scene
            },
            arguments: { [.string($0.disk), [:]] },
            check: { whole($0) + snapshotsAreWhole($0) }),
        CrashScenario(
            method: "delete_snapshot", variant: "",
            prepare: {
                let scene = try Scene.withDisk(isAttached: true)
                scene.runner.configuration["disks"] = ["pin": "always"]
                _ = try scene.takeSnapshot()
                return scene
            },
            arguments: { [.string($0.snapshotVolumes.first ?? "snapshot-gone")] },
            check: { scene in
                let left = scene.docker.state.volumeNames.filter { $0.hasPrefix("snapshot-") }
                return whole(scene) + (left.isEmpty ? [] : ["left: \(left)"])
                    + (scene.docker.state.containers.contains { $0.name.hasPrefix("snapshot-") }
                        ? ["its keeper is left"] : [])
            }),
        fromSnapshot("from a snapshot", pin: "attached"),
        fromSnapshot("from a snapshot, disks are kept", pin: "always"),
    ]

    private static func fromSnapshot(_ variant: String, pin: JSON) -> CrashScenario {
        CrashScenario(
            method: "create_disk", variant: variant,
            prepare: {
                let scene = try Scene.withDisk(isAttached: true)
                scene.runner.configuration["disks"] = ["pin": pin]
                _ = try scene.takeSnapshot()
                return scene
            },
            arguments: { [100, ["snapshot": .string($0.snapshots.first ?? "")]] },
            check: { scene in
                let made = scene.docker.state.volumes.values.filter {
                    $0.labels["io.bosh.cpi.copy_of"] != nil
                }
                let files = scene.docker.state.volumes[scene.disk]?.files
                return whole(scene) + snapshotsAreWhole(scene)
                    + (made.contains(where: \.isTorn) ? ["a half filled disk is left"] : [])
                    + (made.contains { $0.files == files } ? [] : ["no disk was filled"])
            })
    }

    /// Each one whole, and not more than two: the first may have been made and not answered.
    private static func snapshotsAreWhole(_ scene: Scene) -> [String] {
        let whole = scene.snapshots
        let files = scene.docker.state.volumes[scene.disk]?.files
        return ((1...2).contains(whole.count) ? [] : ["\(whole.count) snapshots"])
            + (whole.allSatisfy { scene.docker.state.volumes[$0]?.files == files }
                ? [] : ["a snapshot is not the disk"])
    }
}

extension Scene {
    /// A VM, a CPI that attaches while it runs, and a disk with some files.
    static func withDisk(isAttached: Bool) throws -> Scene {
        let scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
        if isAttached { _ = try scene.attach() }
        scene.docker.state.volumes[scene.disk]?.files["/more"] = Array("more".utf8)
        scene.docker.forget()
        return scene
    }

    /// Those that are whole: a record alone is none.
    var snapshots: [String] {
        docker.state.volumeNames.compactMap { SnapshotCID.ofRecord($0)?.description }
            .filter { docker.state.volumes[$0] != nil }
    }

    /// Also those that are not whole.
    var snapshotVolumes: [String] {
        docker.state.volumeNames.filter { SnapshotCID($0).isOurForm }
    }

    func takeSnapshot(_ metadata: JSON = [:]) throws -> String {
        let snapshot = try runner.call("snapshot_disk", [.string(disk), metadata]).string ?? ""
        docker.forget()
        return snapshot
    }

    /// What the record of a snapshot says about it.
    func record(_ snapshot: String) -> [String: String] {
        docker.state.volumes[snapshot + ".whole"]?.labels ?? [:]
    }
}
