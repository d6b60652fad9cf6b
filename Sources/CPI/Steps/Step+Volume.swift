import Engine

extension Step {
    /// Makes a volume of our own.
    static func createVolume(
        _ name: String, labels: @escaping (World) throws -> [String: String]
    ) -> Step {
        Step(
            name: "create volume \(name)",
            do: { try $0.createMadeVolume(name, labels: labels($0)) },
            verify: { try $0.madeVolume(name) != nil },
            undo: .by { try $0.removeMadeVolume(name) })
    }

    /// Removes a volume of a VM's, never a persistent disk. What somebody has made under its name since, with labels of
    /// their own, stays; without labels it cannot be told from one that Docker has made.
    static func removeVolume(_ name: String, of vm: VMCID) -> Step {
        Step(
            name: "remove volume \(name)", removes: .volume(name), isDestructive: true,
            do: { world in
                guard let volume = try world.engine.volume(name) else { return }
                try world.requireNoDisk(volume)
                guard volume.mayBe(of: vm) else {
                    return world.warn("volume \(name) is kept: its labels are not VM \(vm)'s")
                }
                try world.removeVolume(name)
            },
            verify: { try $0.engine.volume(name)?.mayBe(of: vm) != true },
            undo: .impossible)
    }
}

extension Volume {
    /// The Go CPI's have no labels, and Docker's own names come with Docker's.
    fileprivate func mayBe(of vm: VMCID) -> Bool {
        labels.isEmpty || labels[Label.vm] == vm.description || Container.Mount.isAnonymous(name)
    }

    /// A Docker whose disk is full refuses to create a volume, and leaves one without labels; and it makes such a one
    /// where a container names one that is not there. A plugin's may have lost its labels.
    var isHalfMade: Bool { labels.isEmpty && isLocal }

    /// Whether Docker may have made it for a container that names it: one that is older is somebody's. Docker says in whole
    /// seconds when a volume was made.
    func isMade(for container: Container?) -> Bool {
        guard isHalfMade else { return false }
        guard let made = DockerTime.milliseconds(json["CreatedAt"].string ?? ""),
            let since = DockerTime.milliseconds(container?.createdAt ?? "")
        else { return true }
        return made >= since / 1_000 * 1_000
    }
}

extension World {
    /// Of all calls only delete_disk removes a persistent disk that is whole, and only delete_snapshot a snapshot
    /// that is not this operation's own; every other path ends here.
    func requireNoDisk(_ volume: Volume) throws {
        guard volume.labels.label(Label.snapshot) == nil || made(volume.labels) else {
            throw CPIError.cloud("cannot remove volume \(volume.name): it is a snapshot")
        }
        guard volume.labels.label(Label.disk) == nil, !DiskCID(volume.name).isGoCPIs else {
            throw CPIError.cloud("cannot remove volume \(volume.name): it is a persistent disk")
        }
    }

    /// Gone already is success. A container that is just being removed may hold it for a moment.
    func removeVolume(_ name: String) throws {
        try patiently { try engine.removeVolume(name) }
    }
}
