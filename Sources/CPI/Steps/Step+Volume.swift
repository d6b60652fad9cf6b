import Engine

extension Step {
    /// Makes a volume of our own. An Engine hands out a volume that is there already as if it were
    /// new, so its labels must say that it is this operation's.
    static func createVolume(_ name: String, labels: [String: String]) -> Step {
        Step(
            name: "create volume \(name)",
            do: { world in
                let volume = try world.engine.createVolume(
                    name, labels: Label.made(labels, world))
                guard volume.labels[Label.operation] == world.operation else {
                    throw CPIError(
                        kind: .cloud, message: "cannot create volume \(name): there is one already")
                }
            },
            verify: { try $0.isOurVolume(name) },
            undo: { try $0.removeOurVolume(name) })
    }

    /// Removes a volume that is not a persistent disk.
    static func removeVolume(_ name: String) -> Step {
        Step(
            name: "remove volume \(name)", isDestructive: true,
            do: { world in
                guard let volume = try world.engine.volume(name) else { return }
                try world.requireNoDisk(volume)
                try world.removeVolume(name)
            },
            verify: { try $0.engine.volume(name) == nil },
            undo: nil)
    }
}

extension Volume {
    /// A Docker whose disk is full refuses to create a volume, and leaves one without labels.
    var isHalfMade: Bool { labels.isEmpty }
}

extension World {
    /// Whether the volume is there and was made by this operation.
    func isOurVolume(_ name: String) throws -> Bool {
        try engine.volume(name)?.labels[Label.operation] == operation
    }

    /// Removes the volume if this operation made it: one of a name that only this operation has
    /// reason to use, with its label or with none at all.
    func removeOurVolume(_ name: String) throws {
        guard let volume = try engine.volume(name),
            volume.labels[Label.operation] == operation || volume.isHalfMade
        else { return }
        try requireNoDisk(volume)
        try removeVolume(name)
    }

    /// Only delete_disk removes a persistent disk; every other path ends here.
    func requireNoDisk(_ volume: Volume) throws {
        let disk = volume.labels[Label.disk] ?? ""
        guard disk.isEmpty else {
            throw CPIError(
                kind: .cloud,
                message: "cannot remove volume \(volume.name): it is a persistent disk")
        }
    }

    /// Gone already is success. A container that is just being removed may hold it for a moment.
    func removeVolume(_ name: String) throws {
        try patiently { try engine.removeVolume(name) }
    }

    /// Repeats a removal that Docker answers with 409, for some seconds; 404 is success.
    func patiently(_ remove: () throws -> Void) throws {
        var refusal: EngineError?
        let done = try wait(seconds: 10, every: 0.2) {
            do {
                try remove()
                return true
            } catch let error as EngineError where error.isNotFound {
                return true
            } catch let error as EngineError where error.isConflict {
                refusal = error
                return false
            }
        }
        if !done, let refusal { throw refusal }
    }
}
