import Engine
import Journal

/// Since when a disk has no VM, as far as the journal tells (Unix milliseconds).
public enum Detachment: Sendable, Equatable {
    /// A call took it from its VM then, deleted its VM, or made it.
    case since(Int64)
    /// No call has: somebody has removed its VM by hand, at some time after it was attached.
    case after(Int64)
}

extension Journal {
    /// For a disk that no VM has. Nil when the journal knows nothing of it. By the order in which calls ended: a
    /// clock that was set back turns only the times round.
    public func detached(_ disk: String) throws -> Detachment? {
        let disk = DiskCID(disk)
        let methods = [CreateDisk.name, AttachDisk.name, DetachDisk.name, CreateVM.name]
        let calls = try history(methods, subject: disk.description)
        for call in calls.reversed() where call.state == .done {
            guard let finished = call.finished else { continue }
            guard call.method == AttachDisk.name || call.method == CreateVM.name else {
                return .since(finished)
            }
            guard let vm = call.vm(given: disk) else { continue }
            let deletion = try done(method: DeleteVM.name, subject: vm.description).first
            return deletion?.finished.map { .since($0) } ?? .after(finished)
        }
        return nil
    }
}

extension Operation {
    /// The VM that an attach_disk, or a create_vm with disks, gave the disk to.
    fileprivate func vm(given disk: DiskCID) -> VMCID? {
        if method == AttachDisk.name { return diskChange?.vm }
        guard let made = plan(of: CreateVM.self), made.disks.contains(disk) else { return nil }
        return made.vm
    }
}
