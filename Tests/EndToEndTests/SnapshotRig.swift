import Foundation
import Testing

@testable import Engine

extension Rig {
    /// A snapshot, deleted at the end.
    func makeSnapshot(_ disk: String, _ metadata: JSON = [:]) throws -> String {
        let snapshot = try #require(
            try result("snapshot_disk", [.string(disk), metadata]).string)
        later(.disks) { [self] in _ = try? call("delete_snapshot", [.string(snapshot)]) }
        return snapshot
    }

    /// The labels of what says that a snapshot is whole; nil when it is not.
    func record(_ snapshot: String) throws -> [String: String]? {
        try engine.volume(snapshot + ".whole")?.labels
    }

    func moment(_ snapshot: String) throws -> String {
        try record(snapshot)?["io.bosh.snapshot.moment"] ?? "none"
    }

    /// The snapshots that are there, whole or not.
    func snapshots(of disk: String) throws -> [String] {
        try engine.volumes(["label": ["io.bosh.snapshot.disk=\(disk)"]]).map(\.name).filter {
            !$0.hasSuffix(".whole")
        }
    }

    /// Runs in a container of its own that has a volume at /v and cannot write to it.
    func inVolume(_ volume: String, _ script: String) throws -> String {
        let name = "look-\(UUID().uuidString)"
        _ = try engine.createContainer(
            name,
            [
                "Image": .string(stemcell), "Entrypoint": ["sleep", "600"],
                "HostConfig": [
                    "NetworkMode": "none", "Privileged": true,
                    "Binds": [.string("\(volume):/v:ro")],
                ],
            ])
        defer { try? engine.removeContainer(name, force: true) }
        try engine.startContainer(name)
        return try shell(name, script)
    }

    /// All that `cp -a` keeps of the files of a volume, but for attributes: one line each.
    func listing(_ volume: String) throws -> String {
        try inVolume(
            volume,
            "cd /v && find . ! -type d -printf '%y %m %U %G %n %s %b %T@ %l %p\\n' -o -type d "
                + "-printf '%y %m %U %G %p\\n' | sort && find . -type f -exec sha256sum {} + | sort"
        )
    }
}

extension CrashScenario {
    /// Killed while a VM is paused, above all.
    static let snapshots = [
        CrashScenario(
            method: "snapshot_disk", isLive: true,
            prepare: { world in
                _ = try world.vmWithDisk(attached: true)
                return [.string(world.disk), ["job": "crash"]]
            },
            check: { world, result in
                let made = try #require(result.string)
                world.expect(try world.rig.record(made) != nil, "the snapshot is not whole")
                for one in try world.rig.snapshots(of: world.disk) {
                    try world.rig.result("delete_snapshot", [.string(one)])
                }
                world.expect(
                    try !world.rig.engine.inspectContainer(world.vm).isPaused, "the VM is paused")
                try world.checkVM(attached: true)
            }),
        CrashScenario(
            method: "delete_snapshot",
            prepare: { world in
                [try world.rig.result("snapshot_disk", [.string(try world.loneDisk()), [:]])]
            },
            check: { world, _ in
                let left = try world.rig.leftovers(["snapshot-"])
                world.expect(left == [], "left of the snapshot: \(left)")
            }),
    ]
}
