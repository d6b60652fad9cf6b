import Engine

/// Finding a snapshot.
extension World {
    /// The volume of a snapshot, whole or not; nil when there is none, or for one that is a stranger's.
    func snapshot(_ cid: SnapshotCID) throws -> Volume? {
        guard let volume = try engine.volume(cid.description) else { return nil }
        return volume.labels[Label.snapshot] == cid.description ? volume : nil
    }

    /// What tells of a whole snapshot. Throws `CPIError` when it is not there, or not whole.
    func requireWhole(_ cid: SnapshotCID) throws -> Volume {
        guard let volume = try snapshot(cid) else {
            throw CPIError.cloud("there is no snapshot \(cid)")
        }
        guard try engine.volume(cid.record)?.labels[Label.snapshot] == cid.description else {
            throw CPIError.cloud("snapshot \(cid) is not whole: there is no volume \(cid.record)")
        }
        return volume
    }

    /// Whether what was read of a snapshot is what its record says: somebody may have removed files since.
    /// Nil when there is no record.
    func hasAllOf(_ cid: SnapshotCID, _ report: CopyReport) throws -> Bool? {
        guard let labels = try engine.volume(cid.record)?.labels else { return nil }
        return labels[Label.entries] == String(report.entries)
            && labels[Label.bytes] == String(report.bytes)
    }
}
