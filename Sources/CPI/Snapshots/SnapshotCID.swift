import Journal

/// The name of a snapshot: of the volume that holds the copy of a disk.
struct SnapshotCID: VolumeCID {
    static let kind = Subject.Kind.snapshot
    static let prefix = "snapshot-"

    let description: String

    init(_ name: String) { description = name }

    init(_ field: Field) throws { description = try field.dockerName() }

    /// The volume that says that the snapshot is whole, and how it was taken: made last, removed first.
    /// Its labels are all there is in it.
    var record: String { description + SnapshotCID.recordSuffix }

    /// The snapshot that a volume of this name is the record of; nil for any other name.
    static func ofRecord(_ name: String) -> SnapshotCID? {
        guard name.hasSuffix(recordSuffix) else { return nil }
        let snapshot = SnapshotCID(String(name.dropLast(recordSuffix.count)))
        return snapshot.isOurForm ? snapshot : nil
    }

    private static let recordSuffix = ".whole"
}
