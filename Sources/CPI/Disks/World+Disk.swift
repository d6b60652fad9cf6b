import Engine

/// Finding a disk, and who has it among its mounts.
extension World {
    /// The volume of a persistent disk; nil for one that is a stranger's.
    func disk(_ cid: DiskCID) throws -> Volume? {
        guard let volume = try engine.volume(cid.description) else { return nil }
        let isOurs = volume.labels[Label.disk] == cid.description
        let isReferences =
            cid.description.hasPrefix("vol-") && !cid.description.hasPrefix("vol-eph-")
        return isOurs || isReferences ? volume : nil
    }

    func requireDisk(_ cid: DiskCID) throws -> Volume {
        guard let volume = try disk(cid) else { throw CPIError.diskNotFound(cid) }
        return volume
    }

    /// Another machine may have mounted the disk at the same time, for locks do not reach so far:
    /// whoever sees another one's container beside its own gives way.
    func requireSoleHolder(of disk: DiskCID, _ vm: VMCID, making container: String) throws {
        guard let other = try otherHolder(of: disk, than: vm, making: container) else { return }
        throw CPIError(
            kind: .cloud, message: "disk \(disk) was attached to VM \(other) at the same time")
    }

    /// A container that lists the disk and is neither the VM, nor kept aside for it, nor `making`.
    func otherHolder(of disk: DiskCID, than vm: VMCID, making container: String? = nil) throws
        -> String?
    {
        try holders(of: disk).first {
            $0 != vm.description && $0 != container && !$0.hasPrefix("\(vm).old-")
        }
    }

    /// The VMs, by container name, that have the disk among their mounts, running or not.
    func holders(of disk: DiskCID) throws -> [String] {
        // The filter also matches parts of names and host paths: look at the mounts themselves.
        try engine.containers(["volume": [disk.description]]).compactMap { summary in
            let container = try engine.container(summary.id)
            let holds = container?.mounts.contains {
                $0.type == "volume" && $0.name == disk.description
            }
            return holds == true ? container?.name : nil
        }
    }
}
