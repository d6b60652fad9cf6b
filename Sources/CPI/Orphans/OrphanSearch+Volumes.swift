import Engine
import Journal

extension OrphanSearch {
    func orphans(among all: [Volume], _ vms: Set<String>) throws -> [Orphan] {
        let copied = Set(try Traces(world: world).copies().flatMap(\.subjects).map(\.cid))
        let snapshots = OrphanSnapshots(names: Set(all.map(\.name)), copied: copied)
        let halfMade = try halfMade(among: all, vms)
        return try all.compactMap { volume in
            guard !world.mayBeAtWork(volume.labels),
                let reason = halfMade[volume.name] ?? withoutVM(volume, vms)
                    ?? snapshots.reason(volume) ?? madeLate(volume)
            else { return nil }
            return Orphan(
                kind: .volume, name: volume.name, reason: reason,
                command: try world.removal(ofVolume: volume.name),
                removal: OrphanRemoval.of(volume)
            ).of(director: world.otherDirector(volume.labels))
        }
    }

    /// The reason of each. Docker lists a volume before it knows its labels: one that is just being made has them
    /// a moment later.
    private func halfMade(among volumes: [Volume], _ vms: Set<String>) throws -> [String: String] {
        var found: [String: String] = [:]
        for volume in volumes where volume.isHalfMade {
            found[volume.name] = halfMade(volume.name, vms)
        }
        _ = try world.wait(seconds: 1, every: 0.2) {
            found = try found.filter { try world.engine.volume($0.key)?.isHalfMade == true }
            return found.isEmpty
        }
        return found
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

    /// Names of ours without our labels: see `Volume.isHalfMade`.
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
