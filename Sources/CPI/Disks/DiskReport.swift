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
    /// The driver, and the type of file system and the size that its options name: "local", "local nfs",
    /// "local tmpfs size=16m".
    public let kind: String
    /// The VMs that have it, and containers of others, by name.
    public let holders: [String]
    /// Why `holders` may not be all: some VM could not be looked into, for it is paused, say; nil when all were.
    public let unseen: String?
    /// Its snapshots that are whole.
    public let snapshots: [String]
}

extension Inspection {
    /// All persistent disks, by name. `usage`: with what each one holds, for which Docker reads all of them.
    /// Changes nothing. Throws `EngineError`.
    public func disks(usage: Bool) throws -> [DiskReport] {
        let volumes = try engine.volumes([:])
        let used = usage ? try engine.volumeSizes() : [:]
        return try volumes.filter(\.isDisk).sorted { $0.name < $1.name }.map { volume in
            let disk = DiskCID(volume.name)
            let (holders, unseen) = try holders(of: disk)
            let snapshots = volumes.filter { $0.labels[Label.snapshotOf] == volume.name }
                .compactMap { SnapshotCID.ofRecord($0.name)?.description }
            return DiskReport(
                disk: volume.name, sizeMiB: DiskSize.current(disk, volume, world),
                isEnforced: volume.enforcesSize, usedBytes: used[volume.name],
                kind: volume.kind,
                holders: holders, unseen: unseen, snapshots: snapshots.sorted())
        }
    }

    /// Who has the disk, and why that may not be all. VMs are looked into only where Docker names none.
    private func holders(of disk: DiskCID) throws -> ([String], unseen: String?) {
        let holders = try world.currentHolders(of: disk).filter {
            try !world.isUnused($0.container)
        }
        let names = Set(holders.map(\.name)).sorted()
        guard holders.allSatisfy({ $0.vm == nil }) else { return (names, nil) }
        do {
            let pinless = try world.vmWithoutPin(disk)?.description
            return ((names + [pinless].compactMap(\.self)).sorted(), nil)
        } catch let error as CannotLook {
            return (names, error.description)
        } catch let error as CPIError {
            return (names, error.message)
        }
    }
}

extension Volume {
    /// Its driver, and what the driver mounts.
    fileprivate var kind: String {
        let mounted = options["type"].map { [$0, mountedSize].compactMap(\.self) } ?? []
        return ([driver] + mounted).joined(separator: " ")
    }
}
