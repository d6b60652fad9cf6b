import Journal

/// Since when a disk has no VM, as far as the journal tells (Unix milliseconds).
public enum Detachment: Sendable, Equatable {
    /// A call took it from its VM then, deleted its VM, or made it.
    case since(Int64)
    /// No call has: somebody has removed its VM by hand, at some time after it was attached.
    case after(Int64)
}

extension Journal {
    /// For a disk that no VM has. Nil when the journal knows nothing of it.
    public func detached(_ disk: String) throws -> Detachment? {
        let about = Subject(.disk, disk)
        func latest(_ methods: [String], _ subject: Subject) throws -> Operation? {
            try operations(
                OperationFilter(
                    subjects: [subject], methods: methods, states: [.done], limit: 1)
            ).first
        }
        let detachedOrMade = try latest([DetachDisk.name, CreateDisk.name], about)?.finished
        let attached = try latest([AttachDisk.name], about)
        let madeVM = try latest([CreateVM.name], about)
        let mountedAhead =
            madeVM?.plan(of: CreateVM.self)?.disks.contains(DiskCID(disk)) == true ? madeVM : nil
        let last = [attached, mountedAhead].compactMap(\.self).max { $0.started < $1.started }
        let vm =
            last?.plan(of: AttachDisk.self)?.vm ?? last?.plan(of: CreateVM.self)?.vm
        let deleted = try vm.flatMap { try latest([DeleteVM.name], $0.subject)?.finished }
        let freed = [detachedOrMade, deleted].compactMap(\.self).max()
        guard let held = last?.finished, held > freed ?? 0 else { return freed.map { .since($0) } }
        return .after(held)
    }
}
