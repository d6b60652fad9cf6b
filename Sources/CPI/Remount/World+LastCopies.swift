import Engine

/// VMs of which an image is all that is left: their containers were pruned in the middle of a replacement. Recovery
/// makes the VM again, with the disks that it had: until then they are its own.
extension World {
    /// The image that a VM is in whose containers are all gone; its mark tells that it was not deleted. The newest
    /// one: others hold older states. Throws `EngineError`.
    func lastCopy(of vm: VMCID) throws -> String? {
        guard let mark = try engine.volume(vm.mark) else { return nil }
        return try vm.newest(of: committedImages(vm), mark) ?? unnamedImages(vm).last?.shortID
    }

    /// What is left of such a VM, in words for an error. The operation that the mark tells of may have ended before it had
    /// an image: then this one is an older state, and recovery makes no VM of it.
    func words(ofLastCopy image: String, of vm: VMCID) throws -> (what: String, isOlder: Bool) {
        let mark = try engine.volume(vm.mark)
        guard let operation = mark?.labels.label(Label.operation),
            try engine.image(image)?.labels.label(Label.operation) == operation
        else {
            return (CustodyTable.allGone(older: [image]), true)
        }
        return ("its containers are gone: image \(image) has all of it", false)
    }

    /// Whether that image is all that is left of the VM.
    func isImageAlone(_ vm: VMCID) throws -> Bool {
        try hasNoContainer(vm) && lastCopy(of: vm) != nil
    }

    /// One of somebody else's may have its name, or one that somebody runs from its image.
    private func hasNoContainer(_ vm: VMCID) throws -> Bool {
        try !containers(of: vm).contains { $0.isOwn(of: vm) && !Label.isRunByHand($0.labels) }
    }

    /// Whether nothing is left of the VM, neither a container nor an image.
    func isGone(_ vm: VMCID) throws -> Bool {
        try self.vm(vm) == nil && allCommittedImages(vm).isEmpty
    }

    /// A VM with the image that is all that is left of it, and the mark that tells of it.
    struct ImageAlone {
        let vm: VMCID
        let image: String
        let mark: Volume
    }

    /// All of them, by their marks.
    func imagesAlone() throws -> [ImageAlone] {
        try engine.volumes(.label(Label.plan)).compactMap { mark in
            guard let vm = mark.labels.label(Label.vm).map({ VMCID($0) }), mark.name == vm.mark,
                // The mark is looked at once more after that: a delete_vm takes it first, and the image last.
                try hasNoContainer(vm), let image = try lastCopy(of: vm)
            else { return nil }
            return ImageAlone(vm: vm, image: image, mark: mark)
        }
    }

    /// A VM, another one than `vm`, that is an image alone which says that it has the disk; nil when there is none.
    func vmInImage(with disk: DiskCID, besides vm: VMCID?) throws -> VMCID? {
        try imagesAlone().first { other in
            guard other.vm != vm, let image = try engine.image(other.image) else { return false }
            // An image of an older state need not know a disk that was to be detached.
            if case .remount(let plan)? = Traces.trace(mark: other.mark)?.operation.diskChange,
                plan.disk == disk, !plan.isAttach
            {
                return true
            }
            return Blueprint.container(in: image).map(Blueprint.disks)?.contains(disk) == true
        }?.vm
    }

    /// Before a VM is made again from its image: its disks must be its own still, and have their pins. Throws
    /// `CPIError` when another VM has got one of them.
    func takeDisksBack(_ plan: Remount, of source: Container) throws {
        let disks = Blueprint.disks(of: source).filter { $0 != plan.disk }
        for disk in disks + (plan.isAttach ? [plan.disk] : []) {
            guard let other = try currentHolders(of: disk, besides: plan.vm).first else { continue }
            throw CPIError.cloud(
                "disk \(disk) was attached to \(other.title) while VM \(plan.vm) was an image alone: "
                    + "detach it there, or delete VM \(plan.vm)")
        }
        for disk in Blueprint.liveDisks(of: source) {
            guard try self.disk(disk) != nil, try pin(of: disk) == nil else { continue }
            let runs = try pinRuns(disk)
            try createPin(disk, plan.vm, runs: runs)
            if runs { try engine.startContainer(disk.pin) }
        }
    }
}

extension VMCID {
    /// Which of the VM's committed images has its last state: that of the operation which the mark tells of, for another
    /// may have a later id, by a clock that was set back since. Without a mark the one with the latest id.
    func newest(of images: [String], _ mark: Volume?) -> String? {
        let operation = mark?.labels.label(Label.operation) ?? ""
        return images.first { role(of: $0) == .committedImage(operation: operation) }
            ?? images.max()
    }
}
