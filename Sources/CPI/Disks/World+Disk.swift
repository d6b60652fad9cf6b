import Engine

/// Finding a disk, and who has it among its mounts.
extension World {
    /// The volume of a persistent disk; nil for one that is a stranger's.
    func disk(_ cid: DiskCID) throws -> Volume? {
        guard let volume = try engine.volume(cid.description), volume.isDisk else { return nil }
        return volume
    }

    /// As `disk`; throws DiskNotFound.
    func requireDisk(_ cid: DiskCID) throws -> Volume {
        guard let volume = try disk(cid) else { throw CPIError.diskNotFound(cid) }
        return volume
    }

    /// A container that has a disk among its mounts, running or not; or the disk's pin, which says what
    /// VM has it. A keeper holds nothing for anybody.
    struct DiskHolder {
        let container: Container
        /// The VM that it belongs to; nil for a stranger's container.
        let vm: VMCID?

        /// The VM's CID, or the container's name.
        var name: String { vm?.description ?? container.name }

        /// "VM X", or "container NAME" for a stranger's.
        var title: String { vm.map { "VM \($0)" } ?? "container \(container.name)" }

        /// What is seen of it, and what frees the disk: "VM X has it mounted; next: …". A pin only says so: its VM was
        /// not looked into.
        var words: String {
            guard let vm else {
                return
                    "\(title) has it mounted; next: docker rm \(container.name), if nobody needs it"
            }
            if isOld {
                return
                    "container \(container.name), which is kept because it may hold what \(title) "
                    + "does not, has it mounted; next: compare it with that VM, and remove it"
            }
            return "\(title) "
                + (container.isPin
                    ? "has it, as container \(container.name) says" : "has it mounted")
                + "; next: detach it there, or delete that VM if nobody knows it (bosh delete-vm \(vm))"
        }

        /// Whether it is an old container of its VM.
        var isOld: Bool { vm?.role(of: container.name)?.isOld == true }

        /// As `words`, of a VM that has the disk although nothing in Docker says so.
        static func words(withoutPin vm: VMCID) -> String {
            "VM \(vm) has it mounted, or mounts it when it starts, though no container says so; "
                + "next: detach it there"
        }
    }

    /// Who may have the volume among their mounts: Docker's filter also matches parts of names and paths
    /// of the host.
    func users(ofVolume name: String) throws -> [ContainerSummary] {
        try engine.containers(["volume": [name]])
    }

    /// Who holds the disk: the mounts themselves decide. `among`: its users, where they are known.
    func holders(of disk: DiskCID, among users: [ContainerSummary]? = nil) throws -> [DiskHolder] {
        try (users ?? self.users(ofVolume: disk.description)).compactMap { summary in
            guard let container = try user(summary, of: disk), container.mounts(disk) else {
                return nil
            }
            // It has it for an operation, which is found by other ways.
            guard !container.isCopier else { return nil }
            if container.isPin {
                return container.pinnedTo.map { DiskHolder(container: container, vm: $0) }
            }
            return DiskHolder(container: container, vm: container.vm)
        }
    }

    /// One that Docker cannot describe may hold the disk: that it does not is never taken for granted.
    private func user(_ summary: ContainerSummary, of disk: DiskCID) throws -> Container? {
        do {
            return try engine.container(summary.id)
        } catch let error as EngineError where error.isFault {
            let name = summary.name
            let command = summary.vm.map { "bosh delete-vm \($0)" } ?? "docker rm -f \(name)"
            throw undescribed(name, disk, command, error)
        }
    }

    /// Of a container that may hold the disk; `command` frees the disk of it.
    func undescribed(
        _ container: String, _ disk: DiskCID, _ command: String, _ error: EngineError
    ) -> CPIError {
        CPIError.cloud(
            "container \(container) may have disk \(disk), and Docker cannot describe it; "
                + "next: repeat the call; if it stays so: \(command) (\(error))")
    }

    /// Who holds the disk, but for containers of `vm`. The pin of a VM of which nothing is left counts for nobody.
    func currentHolders(of disk: DiskCID, besides vm: VMCID? = nil) throws -> [DiskHolder] {
        try holders(of: disk).filter { holder in
            guard vm == nil || holder.vm != vm else { return false }
            return try !isAbandoned(holder.container)
        }
    }

    /// After a container was made with the disk among its mounts: for a volume that was removed a moment
    /// before Docker makes a new one, which is empty. Then `remove` takes the container away, the new volume
    /// goes, and this throws DiskNotFound. A plugin's volume without labels is one that Docker has forgotten for
    /// a while: it stays.
    func requireNotMadeAnew(
        _ cid: DiskCID, for container: @autoclosure () throws -> Container?,
        remove: () throws -> Void
    ) throws {
        guard try disk(cid) == nil else { return }
        let container = try container()
        try remove()
        if let volume = try engine.volume(cid.description), volume.isMade(for: container) {
            try removeVolume(volume.name)
        }
        throw CPIError.diskNotFound(cid)
    }

    /// Another machine may have mounted the disk at the same time, for locks do not reach so far:
    /// whoever sees another VM's container beside its own gives way. Throws `CPIError`.
    func requireSoleHolder(of disk: DiskCID, _ vm: VMCID) throws {
        guard let other = try currentHolders(of: disk, besides: vm).first else { return }
        throw CPIError.cloud("disk \(disk) was attached to \(other.title) at the same time")
    }
}

extension Container {
    /// The disks that it was made with, by its mounts.
    var mountedDisks: [DiskCID] {
        mounts.filter { $0.type == "volume" && DiskCID.atHint($0.destination) == $0.name }
            .map { DiskCID($0.name) }
    }

    /// Whether the disk is among its mounts, in the place for disks: what is mounted elsewhere is not
    /// attached.
    func hasInPlace(_ disk: DiskCID) -> Bool {
        mounts.contains { $0.name == disk.description && $0.destination == disk.hint }
    }

    /// Whether the disk is among its mounts, wherever.
    fileprivate func mounts(_ disk: DiskCID) -> Bool {
        mounts.contains { $0.type == "volume" && $0.name == disk.description }
    }
}

extension Volume {
    /// Whether it is a persistent disk: ours by its label, the Go CPI's by its name.
    var isDisk: Bool { labels[Label.disk] == name || DiskCID(name).isGoCPIs }
}
