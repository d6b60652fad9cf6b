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
        let disk = DiskCID(disk)
        let given = try lastGiven(disk)
        let taken = try latest([DetachDisk.name, CreateDisk.name], disk.subject)?.finished
        let deleted = try given.flatMap { try latest([DeleteVM.name], $0.vm.subject)?.finished }
        let freed = [taken, deleted].compactMap(\.self).max()
        if let given, given.at > freed ?? 0 { return .after(given.at) }
        return freed.map { .since($0) }
    }

    /// The VM that a call gave the disk to last, and when that was done.
    private func lastGiven(_ disk: DiskCID) throws -> (vm: VMCID, at: Int64)? {
        let attach = try latest([AttachDisk.name], disk.subject)
        let create = try latest([CreateVM.name], disk.subject)
        let made = create?.plan(of: CreateVM.self).flatMap { $0.disks.contains(disk) ? $0.vm : nil }
        let given = [(attach, attach?.plan(of: AttachDisk.self)?.vm), (create, made)]
        return given.compactMap { call, vm in
            guard let vm, let at = call?.finished else { return nil }
            return (vm, at)
        }.max { $0.at < $1.at }
    }

    private func latest(_ methods: [String], _ subject: Subject) throws -> Operation? {
        let filter = OperationFilter(
            subjects: [subject], methods: methods, states: [.done], limit: 1)
        return try operations(filter).first
    }
}
