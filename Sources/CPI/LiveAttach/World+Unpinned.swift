import Engine
import Journal

/// Disks that are attached although somebody has removed their pins. Docker cannot tell of them: the
/// journal says where to look, and the VM itself is what is looked at.
extension World {
    /// The disks that a VM mounts whenever it starts, as far as pins and journal name them.
    func liveDisks(of vm: VMCID, in container: String) throws -> [DiskCID] {
        let pins = try pins(of: vm)
        let remembered = recorder.store.disksAttached(to: vm).filter { disk in
            !pins.contains { $0.disk == disk }
        }
        return try pins.filter { try $0.hasRun || isListed($0.disk, in: container) }.map(\.disk)
            + remembered.filter { try isListed($0, in: container) }
    }

    /// Whether a VM that has just been started mounts the disks that it is to mount by itself: its entry
    /// script may still be at it, or may end because it cannot.
    func mountsItsList(_ vm: VMCID, _ container: String) throws -> Bool {
        let disks = try pins(of: vm).map(\.disk).filter { try isListed($0, in: container) }
        guard !disks.isEmpty else { return true }
        return try wait(seconds: 5, every: 0.1) {
            let places = Set(try mountPoints(in: container).map(\.place))
            return disks.allSatisfy { places.contains($0.hint) }
        }
    }

    /// A VM that has the disk and no pin that says so; nil when there is none. It may be an image alone. Where the
    /// journal does not tell of the disk, or has not for ten minutes, every VM is asked, but for `vm`: another CPI may
    /// have attached it.
    func vmWithoutPin(_ disk: DiskCID) throws -> VMCID? {
        try vmWithoutPin(disk, try pin(of: disk))
    }

    /// As `vmWithoutPin(_:)`, where the disk's pin is known, or that there is none.
    func vmWithoutPin(_ disk: DiskCID, _ pin: Container?, besides vm: VMCID? = nil) throws
        -> VMCID?
    {
        guard pin == nil else { return nil }
        if let found = try vmInImage(with: disk, besides: vm) { return found }
        let lately = clock.wall() - Int64(World.grace) * 1_000
        let known = recorder.store.vmsPerhapsWith(disk, since: lately)
        if let found = try known.vms.first(where: { try $0 != vm && has(disk, $0) }) {
            return found
        }
        guard !known.isWhole else { return nil }
        return try allVMs().first { other in
            guard other != vm, !known.vms.contains(other) else { return false }
            return try isListed(disk, inVM: other)
        }
    }

    /// One that Docker cannot describe may have the disk: that it does not is never taken for granted.
    private func isListed(_ disk: DiskCID, inVM other: VMCID) throws -> Bool {
        let container: Container?
        do {
            container = try vm(other)
        } catch let error as EngineError where error.isFault {
            throw undescribed(other.description, disk, "bosh delete-vm \(other)", error)
        }
        guard let container else { return false }
        do {
            return try isListed(disk, in: container.id)
        } catch let error as EngineError where error.isFault {
            // So Docker answers for one that is just being removed: a moment later it is gone.
            let isGone = try wait(seconds: 5, every: 0.2) {
                try ifAnswered("container \(other)") { try engine.container(container.id) == nil }
                    ?? false
            }
            if isGone { return false }
            // Else it may be well, as where Docker's disk is full: nobody is told to delete it.
            throw CPIError.cloud(
                "VM \(other) may have disk \(disk), and Docker does not show its files; next: see whether its "
                    + "volumes are there and Docker's disk has room, and repeat the call (\(error))"
            )
        }
    }

    private func has(_ disk: DiskCID, _ vm: VMCID) throws -> Bool {
        guard let container = try self.vm(vm) else {
            try requireNotHidden(vm)
            return false
        }
        let state = try LiveState(disk, of: vm, in: container, self)
        return state.isListed || state.isMounted
    }

    private func allVMs() throws -> [VMCID] {
        let labelled = try engine.containers(.label(Label.vm))
        return Set(labelled.compactMap { $0.labels.label(Label.vm) }).sorted().map { VMCID($0) }
    }
}
