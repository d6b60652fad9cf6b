import Journal

extension Retention {
    /// What the CPI reads of the past of a VM or disk that lives: its metadata and size, which Docker
    /// keeps no labels for, and which disks were given to it at its creation or attached since. And what was made
    /// without anybody being seen to get its CID.
    static let ofTheLiving = Retention(
        latest: [
            SetVMMetadata.name, SetDiskMetadata.name, ResizeDisk.name, UpdateDisk.name,
            CreateVM.name, AttachDisk.name, DetachDisk.name,
        ], deleting: Methods.mutations.filter { $0.deletes }.map { $0.name },
        making: Dictionary(
            uniqueKeysWithValues: Methods.mutations.compactMap { method in
                method.makes.flatMap { orphanKinds.contains($0) ? (method.name, $0) : nil }
            }))
}
