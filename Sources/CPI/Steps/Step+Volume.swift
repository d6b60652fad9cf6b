import Engine

extension Step {
    /// Makes a volume of our own.
    static func createVolume(_ name: String, labels: [String: String]) -> Step {
        Step(
            name: "create volume \(name)",
            do: { try $0.createMadeVolume(name, labels: labels) },
            verify: { try $0.madeVolume(name) != nil },
            undo: .by { try $0.removeMadeVolume(name) })
    }

    /// Removes a volume that is not a persistent disk.
    static func removeVolume(_ name: String) -> Step {
        Step(
            name: "remove volume \(name)", removes: .volume(name), isDestructive: true,
            do: { world in
                guard let volume = try world.engine.volume(name) else { return }
                try world.requireNoDisk(volume)
                try world.removeVolume(name)
            },
            verify: { try $0.engine.volume(name) == nil },
            undo: .impossible)
    }
}

extension Volume {
    /// A Docker whose disk is full refuses to create a volume, and leaves one without labels; and it makes such a one
    /// where a container names one that is not there. A plugin's may have lost its labels.
    var isHalfMade: Bool { labels.isEmpty && isLocal }
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
