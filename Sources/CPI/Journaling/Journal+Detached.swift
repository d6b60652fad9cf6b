import Journal

extension Journal {
    /// When a disk was last left without a VM, as far as the journal tells (Unix milliseconds): the end
    /// of the last detach_disk, or delete_vm of a VM that it was attached to, or of its creation. Nil
    /// when the journal knows nothing of it.
    public func detached(_ disk: String) throws -> Int64? {
        let about = Subject(.disk, disk)
        func latest(_ methods: [String], _ subject: Subject) throws -> Operation? {
            try operations(
                OperationFilter(
                    subjects: [subject], methods: methods, states: [.done], limit: 1)
            ).first
        }
        let own = try latest([DetachDisk.name, CreateDisk.name], about)
        let attached = try latest([AttachDisk.name], about)
        let vm = attached?.plan(of: AttachDisk.self)?.vm
        let deleted = try vm.flatMap { try latest([DeleteVM.name], $0.subject) }
        return [own?.finished, deleted?.finished].compactMap(\.self).max()
    }
}
