import Engine

/// Finding a VM. While it is being replaced, its name may be missing for a moment.
extension World {
    /// The VM's container by its name, else the one that had the name, else the one that will.
    func vm(_ cid: VMCID) throws -> Container? {
        if let container = try engine.container(cid.description), isVM(container, cid) {
            return container
        }
        let others = try otherContainers(cid)
        let aside = others.first { $0.name.hasPrefix("\(cid).old-") }
        let next = others.first { $0.name == cid.replacement }
        return try (aside ?? next).flatMap { try engine.container($0.id) }
    }

    /// As `vm`; throws VMNotFound.
    func requireVM(_ cid: VMCID) throws -> Container {
        guard let container = try vm(cid) else { throw CPIError.vmNotFound(cid) }
        return container
    }

    /// As `vm`, only under its own name: nothing is at work on it.
    func requireSettledVM(_ cid: VMCID) throws -> Container {
        let container = try requireVM(cid)
        guard container.name == cid.description else {
            throw CPIError(
                kind: .cloud,
                message: "VM \(cid) is half replaced (its container is named \(container.name)); "
                    + "next: cpi-admin recover")
        }
        return container
    }

    /// Containers that belong to the VM under other names than its own and the unmade one.
    func otherContainers(_ cid: VMCID) throws -> [(id: String, name: String)] {
        let pattern = cid.description.replacing(".", with: "\\.")
        return try engine.containers(["name": ["^/?\(pattern)\\.(next|old-[0-9a-f]+)$"]])
            .compactMap { summary in
                let name = summary.names.first {
                    $0 == cid.replacement || $0.hasPrefix("\(cid).old-")
                }
                return name.map { (id: summary.id, name: $0) }
            }
    }

    /// A container of that name may be a stranger's. The reference CPI's have no labels.
    private func isVM(_ container: Container, _ cid: VMCID) -> Bool {
        container.labels[Label.vm] == cid.description || cid.description.hasPrefix("c-")
    }

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
