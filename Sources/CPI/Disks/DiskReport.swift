import Engine

/// A persistent disk as an operator sees it.
public struct DiskReport: Sendable {
    public let disk: String
    /// What was asked for last, in MiB; 0 when nobody said.
    public let sizeMiB: Int
    /// Whether Docker keeps it from holding more.
    public let isEnforced: Bool
    /// What it holds, in bytes; nil when it was not asked for, or Docker does not know.
    public let usedBytes: Int?
    /// The driver, and the type of file system that its options name: "local", "local nfs".
    public let kind: String
    /// The VMs that have it, and containers of others, by name.
    public let holders: [String]
    /// Its snapshots that are whole.
    public let snapshots: [String]
}

extension Inspection {
    /// All persistent disks, by name. `usage`: with what each one holds, for which Docker reads all of them.
    /// Changes nothing. Throws `EngineError`.
    public func disks(usage: Bool) throws -> [DiskReport] {
        let volumes = try engine.volumes([:])
        let used = usage ? try engine.volumeSizes() : [:]
        return try volumes.filter { volume in
            try world.disk(DiskCID(volume.name)) != nil
        }.sorted { $0.name < $1.name }.map { volume in
            let disk = DiskCID(volume.name)
            let pinless = try world.vmWithoutPin(disk)
            let holders = try world.holders(of: disk).filter {
                try !world.isAbandoned($0.container)
            }
            let snapshots = volumes.filter { $0.labels[Label.snapshotOf] == volume.name }
                .compactMap { SnapshotCID.ofRecord($0.name)?.description }
            return DiskReport(
                disk: volume.name, sizeMiB: DiskSize.current(disk, volume, world),
                isEnforced: volume.enforcesSize, usedBytes: used[volume.name],
                kind: [volume.driver, volume.options["type"]].compactMap(\.self)
                    .joined(separator: " "),
                holders: Set(holders.map(\.name) + [pinless?.description].compactMap(\.self))
                    .sorted(),
                snapshots: snapshots.sorted())
        }
    }
}
