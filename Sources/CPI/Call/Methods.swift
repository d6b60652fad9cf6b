/// The table of methods. Each is crash-tested by being in it.
public enum Methods {
    /// Of all methods, as a director calls them.
    public static var names: [String] { queries.map { $0.name } + mutations.map { $0.name } }

    /// Whether what a call of the method makes may be there without anybody knowing of it.
    public static func makesSomething(_ name: String) -> Bool { mutation(name)?.makes != nil }

    /// Whether a director makes such calls again and again, and one more of them tells nothing new.
    public static func isRoutine(_ name: String) -> Bool {
        [SetVMMetadata.name, SetDiskMetadata.name, HasVM.name, HasDisk.name, GetDisks.name]
            .contains(name)
    }

    static var queries: [any Query.Type] {
        [Info.self, HasVM.self, HasDisk.self, GetDisks.self, CalculateVMCloudProperties.self]
    }
    static var mutations: [any Mutation.Type] {
        [
            CreateStemcell.self, DeleteStemcell.self, CreateVM.self, DeleteVM.self, RebootVM.self,
            SetVMMetadata.self, CreateDisk.self, DeleteDisk.self, AttachDisk.self, DetachDisk.self,
            SetDiskMetadata.self, ResizeDisk.self, UpdateDisk.self, CreateNetwork.self,
            DeleteNetwork.self, SnapshotDisk.self, DeleteSnapshot.self,
        ]
    }

    static func query(_ name: String) -> (any Query.Type)? { queries.first { $0.name == name } }
    static func mutation(_ name: String) -> (any Mutation.Type)? {
        mutations.first { $0.name == name }
    }
}
