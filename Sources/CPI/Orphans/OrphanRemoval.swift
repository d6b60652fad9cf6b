import Engine
import Journal

/// How an orphan may be removed at an operator's word.
public enum OrphanRemoval: Sendable, Equatable {
    /// Not by this tool, and why.
    case never(String)
    /// A volume that is no disk's and no snapshot's.
    case volume
    /// A volume with data of a deployment: a disk, or a snapshot. Its name must be typed.
    case data
    case pin, network

    static let byCommand = OrphanRemoval.never("it is removed by the command shown")

    public var isPossible: Bool { if case .never = self { false } else { true } }

    /// Of what a call has made whose answer may not have arrived.
    static func unanswered(_ subject: Subject) -> OrphanRemoval {
        switch subject.kind {
        case .vm: .never("a VM is deleted by bosh delete-vm, which the director then knows of")
        case .disk: .data
        case .network: .network
        case .stemcell, .snapshot, .agent: .never("it is deleted by the command shown")
        }
    }

    static func of(_ volume: Volume) -> OrphanRemoval {
        let isDisk = volume.labels.label(Label.disk) != nil || DiskCID(volume.name).isOfDisk
        let isSnapshot = volume.labels.label(Label.snapshot) != nil
        return isDisk || isSnapshot || SnapshotCID(volume.name).isOurForm ? .data : .volume
    }
}

extension World {
    /// The command that removes a volume, and first the keeper that has it among its mounts: Docker refuses to remove
    /// that.
    func removal(ofVolume name: String) throws -> String {
        let keeper = DiskCID(name).keeper
        let isKept = try engine.container(keeper)?.isPin == true
        return (isKept ? "docker rm -f \(keeper) && " : "") + "docker volume rm \(name)"
    }
}

extension OperatorRecovery {
    /// What perhaps no director knows of, with its age, and with `sizes` how large volumes are: Docker reads all
    /// their files for it. Throws `EngineError`.
    public func orphans(sizes: Bool = false) throws -> [Orphan] {
        let used = sizes ? try engine.volumeSizes() : [:]
        return try OrphanSearch(world: world).all().map { orphan in
            var orphan = orphan
            orphan.created = try created(orphan)
            if orphan.kind == .volume { orphan.bytes = used[orphan.name] }
            return orphan
        }
    }

    private func created(_ orphan: Orphan) throws -> String? {
        switch orphan.kind {
        case .container: try engine.container(orphan.name)?.json["Created"].string
        case .volume: try engine.volume(orphan.name)?.json["CreatedAt"].string
        case .image: try engine.image(orphan.name)?.createdAt
        case .network: try engine.network(orphan.name)?.json["Created"].string
        case .operation: nil
        }
    }

    /// Removes one orphan, after a look whether it is one still. Docker refuses what is in use. Throws
    /// `CPIError` for what must not be removed, or is no orphan any more, else `EngineError`.
    public func remove(_ orphan: Orphan) throws {
        let locks = LockSet(world.locks, seconds: 5, for: "recover")
        defer { locks.release() }
        try locks.cover(subjects(of: orphan))
        let isStill = try OrphanSearch(world: world).all().contains {
            $0.kind == orphan.kind && $0.name == orphan.name && $0.removal == orphan.removal
        }
        guard isStill else { throw refusal(orphan, "it is no such orphan any more") }
        switch orphan.removal {
        case .never(let why): throw refusal(orphan, why)
        case .volume: try engine.removeVolume(orphan.name)
        case .data:
            try removeKeeper(of: orphan)
            try engine.removeVolume(orphan.name)
        case .pin: try removePin(orphan)
        case .network:
            try world.locked(networks: [orphan.name]) {
                guard let network = try world.unusedNetwork(orphan.name) else {
                    throw refusal(orphan, "somebody uses it, or it is another one by now")
                }
                try engine.removeNetwork(network.id)
            }
        }
    }

    /// Whoever is at work on one of these may be about to use it.
    private func subjects(of orphan: Orphan) throws -> [Subject] {
        switch orphan.removal {
        case .data:
            let snapshot = SnapshotCID.ofRecord(orphan.name) ?? SnapshotCID(orphan.name)
            return [snapshot.isOurForm ? snapshot.subject : Subject(.disk, orphan.name)]
        case .volume: return VMCID.role(of: orphan.name).map { [$0.vm.subject] } ?? []
        case .pin:
            let disk = try engine.container(orphan.name)?.labels[Label.disk]
            return disk.map { [Subject(.disk, $0)] } ?? []
        case .network, .never: return []
        }
    }

    /// With `disks.pin: always`. It stays where somebody else uses the volume: Docker refuses to remove that.
    private func removeKeeper(of orphan: Orphan) throws {
        let users = try world.users(ofVolume: orphan.name).compactMap {
            try engine.container($0.id)
        }
        .filter { one in one.mounts.contains { $0.name == orphan.name } }
        let keeper = users.first { $0.name == DiskCID(orphan.name).keeper && $0.isPin }
        guard let keeper, users.count == 1 else { return }
        try world.removeContainer(keeper.id, .pin)
    }

    private func removePin(_ orphan: Orphan) throws {
        guard let pin = try engine.container(orphan.name), try world.isAbandoned(pin) else {
            throw refusal(orphan, "its VM is there")
        }
        do {
            try world.removeContainer(pin.id, .pin)
        } catch let error as LastCopy {
            throw refusal(orphan, error.description)
        }
    }

    private func refusal(_ orphan: Orphan, _ why: String) -> CPIError {
        CPIError.cloud("\(orphan.title) is not removed: \(why)")
    }
}
