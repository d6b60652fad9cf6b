import Engine

/// Finding a VM. While it is being replaced, its name may be missing for a moment.
extension World {
    /// The VM's container by its name; else the one that had the name, the one that will have it, or
    /// one that somebody has renamed by hand. Throws `EngineError`.
    func vm(_ cid: VMCID) throws -> Container? {
        if let container = try engine.container(cid.description), container.isVM(cid) {
            return container
        }
        // Its name may have come back since: between two renames nobody has it.
        let others = try containers(of: cid).filter { one in
            one.role == .vm ? one.isOwn(of: cid) : one.role != .incomplete
        }
        let found =
            others.first { $0.role == .vm } ?? others.first { $0.role?.isOld == true }
            ?? others.first { $0.role == .replacement } ?? others.first
        return try found.flatMap { try engine.container($0.id) }
    }

    /// As `vm`; throws VMNotFound, and another `CPIError` when an image is all that is left of the VM.
    func requireVM(_ cid: VMCID) throws -> Container {
        if let container = try vm(cid) { return container }
        guard let image = try lastCopy(of: cid) else {
            try requireNotHidden(cid)
            throw CPIError.vmNotFound(cid)
        }
        let left = try words(ofLastCopy: image, of: cid)
        throw CPIError.cloud(
            "VM \(cid) is half replaced, and \(left.what); next: "
                + (left.isOlder ? CustodyTable.makingAnew : "\(RecoveryCommand.all)"))
    }

    /// As `vm`, only under its own name: nothing is at work on it.
    func requireSettledVM(_ cid: VMCID) throws -> Container {
        let container = try requireVM(cid)
        guard container.name == cid.description else {
            try engine.container(cid.description)?.requireToBe(cid)
            throw CPIError.cloud(
                "VM \(cid) is half replaced or was renamed (its container is named "
                    + "\(container.name)); next: \(RecoveryCommand.all)")
        }
        return container
    }

    /// Before a container of the VM is started: another one that runs has the same volumes. Throws
    /// `CPIError`.
    func requireNoneBeside(_ container: Container, of vm: VMCID) throws {
        for member in try containers(of: vm, alsoRenamed: true) where member.id != container.id {
            guard try engine.container(member.id)?.isRunning == true else { continue }
            throw CPIError.cloud(
                "container \(member.name) of VM \(vm) runs as well: stop it, and compare it with "
                    + "the VM (docker diff)")
        }
    }

    /// What is to be said of an operation on one container, by its id, of a VM: it is there; another
    /// operation has replaced it; or it is gone, and what is left.
    func situation(of container: String, _ vm: VMCID) throws -> Situation {
        guard try engine.container(container) == nil else { return .unfinished }
        if let present = try self.vm(vm) {
            return .superseded(Label.maker(present.labels))
        }
        return .gone(CustodyTable.allGone(older: try committedImages(vm)))
    }

    /// A container that belongs to a VM; its role is nil for a name that somebody gave it by hand.
    struct MemberContainer {
        let id: String
        let name: String
        let role: VMCID.Role?
        let labels: [String: String]

        /// Whether it is more than a name: what we have made has the label.
        func isOwn(of cid: VMCID) -> Bool { cid.isNamed(by: labels) }
    }

    /// All containers of a VM, by their names and, for those that were renamed by hand, by label: where none
    /// has the VM's own name, or if `alsoRenamed`.
    func containers(of cid: VMCID, alsoRenamed: Bool = false) throws -> [MemberContainer] {
        func byName() throws -> [ContainerSummary] {
            try engine.containers(["name": [cid.containerPattern]])
                .filter { $0.names.contains { cid.role(of: $0) != nil } }
        }
        func byLabel() throws -> [ContainerSummary] {
            try engine.containers(.label(Label.vm, cid))
        }
        // What we have made has the label, whatever its name is by now.
        let isLabelEnough = alsoRenamed && !cid.isGoCPIs
        var found = try isLabelEnough ? byLabel() : byName()
        var withGoVolume: [ContainerSummary] = []
        // Somebody else's container may have the name.
        let hasOwnName = try found.contains {
            try $0.names.contains(cid.description) && isMember($0, of: cid)
                && cid.isNamed(by: $0.labels)
        }
        if !hasOwnName || alsoRenamed && !isLabelEnough {
            found += try isLabelEnough ? byName() : byLabel()
            if cid.isGoCPIs {
                withGoVolume = try containersWithVolume(of: cid)
                    .filter { $0.labels[Label.vm] != cid.description }
            }
        }
        var seen: Set<String> = []
        return try (found + withGoVolume).filter { seen.insert($0.id).inserted }
            .filter { one in
                try isMember(one, of: cid) || withGoVolume.contains { $0.id == one.id }
            }.compactMap { one in
                guard let name = one.names.first else { return nil }
                let role = one.names.compactMap { cid.role(of: $0) }.first
                return MemberContainer(id: one.id, name: name, role: role, labels: one.labels)
            }
    }

    /// By a name of the VM's, or by its label where that is the container's own.
    private func isMember(_ container: ContainerSummary, of cid: VMCID) throws -> Bool {
        let roles = container.names.compactMap { cid.role(of: $0) }
        if cid.isGoCPIs, roles == [.vm], container.labels[Label.vm] != cid.description {
            return try isThere(container.id) { $0.isVM(cid) }
        }
        if !roles.isEmpty { return true }
        guard container.labels[Label.vm] == cid.description else { return false }
        return try !Label.isRunByHand(container.labels)
            && !isRunFromForeignCommit(container.id, handing: { $0[Label.vm] == cid.description })
    }

    /// The Go CPI sets no labels: whatever a VM's container is named, it has the VM's volume, and is made from a
    /// stemcell. A container that was only given all of the VM's volumes (`--volumes-from`) is somebody else's.
    private func containersWithVolume(of cid: VMCID) throws -> [ContainerSummary] {
        let volume = cid.goCPIsEphemeralVolume
        return try engine.containers(["volume": [volume]]).filter { summary in
            guard let container = try engine.container(summary.id) else { return false }
            let stemcell = StemcellCID(container.image)
            guard stemcell.isGoCPIs || stemcell.isOurForm, container.bindsItself(volume) else {
                return false
            }
            return container.mounts.contains {
                $0.name == volume && $0.destination == VMPlace.data
            }
        }
    }
}

extension VMCID {
    /// Whether a container with these labels says that it is of this VM. The Go CPI's say nothing.
    func isNamed(by labels: [String: String]) -> Bool {
        labels[Label.vm] == description || isGoCPIs
    }
}

extension Container {
    /// A container of that name may be a stranger's. The Go CPI's have no labels, but the VM's volume.
    func isVM(_ cid: VMCID) -> Bool {
        labels[Label.vm] == cid.description
            || cid.isGoCPIs && mounts.contains { $0.name == cid.goCPIsEphemeralVolume }
    }

    /// Of the container that has the VM's name: throws `CannotLook` where it is not the VM.
    func requireToBe(_ cid: VMCID) throws {
        guard !Label.isRunByHand(labels) else {
            throw CannotLook(
                description:
                    "a container that somebody runs from an image of VM \(cid) has its name: give it "
                    + "another one (docker rename)")
        }
        guard isVM(cid) else {
            throw CannotLook(
                description: "a container that is not of VM \(cid) has its name: give that "
                    + "one its own name back (docker rename)")
        }
    }

    /// Whether the volume was asked for by its name, and not with all volumes of another container.
    fileprivate func bindsItself(_ volume: String) -> Bool {
        (json["HostConfig"]["Binds"].array ?? []).contains {
            $0.string?.hasPrefix(volume + ":") == true
        }
    }
}
