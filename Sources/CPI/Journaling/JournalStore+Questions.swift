import Engine
import FoundationEssentials
import Journal

/// What the CPI asks the journal. Plans are read as the types that wrote them.
extension JournalStore {
    /// What set_vm_metadata said last, as a JSON text; nil when no journal tells.
    func latestMetadata(of vm: VMCID) -> String? {
        read { try $0.latestMetadata(of: vm.subject) }.map { JSON($0).text }
    }

    /// The size in MiB that resize_disk or update_disk gave the disk last; nil when no journal tells.
    func latestSize(of disk: DiskCID) -> Int? {
        let resized = done(ResizeDisk.self, about: disk.description)?.first
        let updated = done(UpdateDisk.self, about: disk.description)?.first
        return [resized, updated].compactMap { $0?.sizeMiB }.max()
    }

    /// The MAC that create_vm asked for, by Docker network; empty when no journal tells.
    func macs(of vm: VMCID) -> [String: String] {
        let networks = done(CreateVM.self, about: vm.description)?.first?.networks ?? []
        return Dictionary(networks.map { ($0.name, $0.mac) }, uniquingKeysWith: { one, _ in one })
    }

    /// The disks that create_vm mounted in the VM and that no attach_disk has named since; nil when
    /// no journal tells.
    func disksMountedAhead(in vm: VMCID) -> Set<DiskCID>? {
        guard let made = done(CreateVM.self, about: vm.description)?.first,
            let attached = done(AttachDisk.self, about: vm.description)
        else { return nil }
        return Set(made.disks).subtracting(attached.map(\.disk))
    }

    /// Whether any create_vm was given the disk: where none was, no VM has it mounted ahead.
    func mayBeMountedAhead(_ disk: DiskCID) -> Bool {
        done(CreateVM.self, about: disk.description)?.isEmpty == false
    }

    /// The disks that any attach_disk has named for the VM, the last one first.
    func disksAttached(to vm: VMCID) -> [DiskCID] {
        var disks: [DiskCID] = []
        for plan in done(AttachDisk.self, about: vm.description) ?? []
        where !disks.contains(plan.disk) { disks.append(plan.disk) }
        return disks
    }

    /// The VMs that the disk may be in: each attach_disk counts, whatever became of it, until a detach_disk is
    /// done. `isWhole`: nobody else can have attached it, for this journal has told of it since that time (Unix
    /// milliseconds): another CPI has another journal.
    func vmsPerhapsWith(_ disk: DiskCID, since time: Int64) -> (vms: [VMCID], isWhole: Bool) {
        let now = max(time, clock.wall())
        let found = read { journal in
            let methods = [CreateDisk.name, AttachDisk.name, DetachDisk.name]
            let history = try journal.history(methods, subject: disk.description)
            let isKnown = history.contains { $0.state == .done && $0.method != DetachDisk.name }
            let isYoung = history.contains { one in
                // What a clock that was ahead has dated may be of any time.
                one.state == .done && one.diskChange?.isNothing != true
                    && (time...now).contains(one.finished ?? one.started)
            }
            var vms: Set<VMCID> = []
            for one in history {
                guard let vm = one.diskChange?.vm else { continue }
                if one.method == AttachDisk.name {
                    vms.insert(vm)
                } else if one.state == .done {
                    vms.remove(vm)
                }
            }
            return (vms: vms.sorted(), isWhole: isKnown && isYoung)
        }
        return found ?? (vms: [], isWhole: false)
    }

    /// How things were when the operation began to go back; nil when it has not, or when no journal
    /// tells.
    func undoingBegan(of operation: String) -> UndoingBegan? {
        for event in read({ try $0.events(of: operation, .undoing) }) ?? [] {
            if case .undoing(let began?) = EventPayload(event) { return began }
        }
        return nil
    }

    /// The names of the steps that the operation has begun; nil when no journal tells. One that was found in Docker may
    /// be in the journal as closed: its mark was made late.
    func begunSteps(of operation: Operation) -> Set<String>? {
        let known = operation.isRecorded ? operation : read { try $0.find(operation.id) }
        guard let known, known.method == operation.method,
            RecordedOwner(known)?.isAdopted == false
        else { return nil }
        return read { try $0.begunSteps(of: known.id) }
    }

    /// As `Journal.plans`; nil when no journal tells.
    private func done<M: Mutation>(_ type: M.Type, about cid: String) -> [M.Plan]? {
        read { try $0.plans(type, about: cid) }
    }
}

extension Journal {
    /// What set_vm_metadata or set_disk_metadata said last of a VM or disk; nil when neither has.
    public func latestMetadata(of subject: Subject) throws -> [String: String]? {
        switch subject.kind {
        case .vm: try plans(SetVMMetadata.self, about: subject.cid).first?.metadata
        case .disk: try plans(SetDiskMetadata.self, about: subject.cid).first?.metadata
        default: nil
        }
    }

    /// The plans of a method's operations about a VM or disk that ended as done, newest first. One that this
    /// version cannot read is left out.
    fileprivate func plans<M: Mutation>(_ type: M.Type, about cid: String) throws -> [M.Plan] {
        try done(method: M.name, subject: cid).compactMap { $0.plan(of: type) }
    }
}

extension Operation {
    /// The plan as the type that wrote it; nil when this version cannot read it.
    func plan<M: Mutation>(of type: M.Type) -> M.Plan? {
        guard let text = plan else { return nil }
        return try? JSONDecoder().decode(M.Plan.self, from: Data(text.utf8))
    }

    /// The plan of an attach_disk or detach_disk; nil for any other operation.
    var diskChange: DiskChange? {
        switch method {
        case AttachDisk.name: plan(of: AttachDisk.self)
        case DetachDisk.name: plan(of: DetachDisk.self)
        default: nil
        }
    }
}
