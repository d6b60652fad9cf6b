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
}
