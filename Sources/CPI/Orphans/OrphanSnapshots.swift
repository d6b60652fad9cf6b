import Engine

/// Volumes of snapshots that are not whole, and records of snapshots that are gone. Whether the first are
/// of use to anybody only a person can say: somebody may have removed the record of a whole one.
struct OrphanSnapshots {
    /// Of all volumes.
    let names: Set<String>
    /// What copiers are at work on, or have left.
    let copied: Set<String>

    /// Nil for a volume that is no such orphan.
    func reason(_ volume: Volume) -> String? {
        guard let cid = volume.labels.label(Label.snapshot), !copied.contains(cid) else {
            return nil
        }
        let snapshot = SnapshotCID(cid)
        if volume.name == snapshot.record {
            return names.contains(cid) ? nil : "its snapshot is gone"
        }
        guard volume.name == cid, !names.contains(snapshot.record) else { return nil }
        return "the snapshot is not whole, or somebody has removed volume \(snapshot.record)"
    }
}
