import Engine
import Journal

extension OrphanSearch {
    func orphans(among all: [Volume], _ vms: Set<String>) throws -> [Orphan] {
        let copied = Set(try Traces(world: world).copies().flatMap(\.subjects).map(\.cid))
        let unsure = try unsure(among: all, vms, copied)
        return try all.compactMap { volume in
            guard !world.mayBeAtWork(volume.labels),
                let reason = unsure[volume.name] ?? withoutVM(volume, vms) ?? madeLate(volume)
            else { return nil }
            let why = try volume.labels.label(Label.vm) == nil ? nil : world.hiding(volume)
            let orphan =
                if let why {
                    Orphan(
                        kind: .volume, name: volume.name,
                        reason: "its VM is not shown, and may be there: \(why)",
                        command: "docker info", removal: .never("its VM may be there"))
                } else {
                    Orphan(
                        kind: .volume, name: volume.name, reason: reason,
                        command: try world.removal(ofVolume: volume.name),
                        removal: OrphanRemoval.of(volume))
                }
            return orphan.of(director: world.otherDirector(volume.labels))
        }
    }

    /// What looks half made, or like a part of something, and why: for a moment that is so of what is just being made or
    /// removed. So it is looked at for a second.
    private func unsure(among all: [Volume], _ vms: Set<String>, _ copied: Set<String>) throws
        -> [String: String]
    {
        var halfMade: [String: String] = [:]
        for volume in all where volume.isHalfMade {
            halfMade[volume.name] = self.halfMade(volume.name, vms)
        }
        let snapshots = OrphanSnapshots(names: Set(all.map(\.name)), copied: copied)
        var parts = Dictionary(
            uniqueKeysWithValues: all.compactMap { volume in
                snapshots.reason(volume).map { (volume, $0) }
            }.map { ($0.name, (volume: $0, reason: $1)) })
        _ = try world.wait(seconds: 1, every: 0.2) {
            halfMade = try halfMade.filter { try world.engine.volume($0.key)?.isHalfMade == true }
            parts = try parts.filter { try isPart($0.value.volume, copied) }
            return halfMade.isEmpty && parts.isEmpty
        }
        return halfMade.merging(parts.mapValues(\.reason)) { one, _ in one }
    }

    /// Whether the other volume of the snapshot is missing still, and no operation on it is at work.
    private func isPart(_ volume: Volume, _ copied: Set<String>) throws -> Bool {
        let cid = volume.labels.label(Label.snapshot) ?? ""
        let open = world.recorder.store.read { try $0.openMutations() } ?? []
        // Before the look: what ends in between has done all of its work.
        guard !world.mayBeAtWork(volume.labels),
            !open.contains(where: {
                $0.subjects.contains(SnapshotCID(cid).subject) && !world.isDead($0)
            })
        else { return false }
        let names = try [cid, SnapshotCID(cid).record].filter { try world.engine.volume($0) != nil }
        return names.contains(volume.name)
            && OrphanSnapshots(names: Set(names), copied: copied).reason(volume) != nil
    }

    private func withoutVM(_ volume: Volume, _ vms: Set<String>) -> String? {
        guard let vm = volume.labels[Label.vm], !vms.contains(vm),
            volume.labels.label(Label.disk) == nil, volume.labels[Label.plan] == nil
        else { return nil }
        return "its VM is gone"
    }

    /// A disk whose create_disk was told to have failed: Docker, out of reach for a while, has made it since.
    private func madeLate(_ volume: Volume) -> String? {
        guard volume.labels[Label.disk] == volume.name else { return nil }
        return madeLate(Subject(.disk, volume.name), by: CreateDisk.name, volume.labels)
    }

    /// Names of ours without our labels: see `Volume.isHalfMade`. Docker lists a volume before it knows its labels.
    private func halfMade(_ name: String, _ vms: Set<String>) -> String? {
        if DiskCID(name).isOurForm {
            return withoutLabel(CreateDisk.name)
        }
        if SnapshotCID(name).isOurForm || SnapshotCID.ofRecord(name) != nil {
            return withoutLabel(SnapshotDisk.name)
        }
        guard let (vm, role) = VMCID.role(of: name), vm.isOurForm, !vms.contains(vm.description),
            [.ephemeralVolume, .furtherVolume].contains(role)
        else { return nil }
        return withoutLabel(CreateVM.name)
    }

    private func withoutLabel(_ method: String) -> String {
        "has a name of ours and no label: a \(method) has failed, or the volume was removed, and Docker has made it "
            + "anew, empty, for a container that names it"
    }
}
