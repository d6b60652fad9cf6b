import Engine

/// The parts of a copy. All of it goes away with the copier, and the target with what made it.
extension Step {
    static func createCopier(_ copier: Copier, _ method: String, _ plan: some Encodable) -> Step {
        Step(
            name: "create container \(copier.name)",
            do: { world in
                // Docker would make a volume that is missing, empty.
                let volumes = [copier.source, copier.target]
                let before = try volumes.map(world.requireVolume)
                _ = try world.engine.createContainer(
                    copier.name, try copier.spec(method, plan, world))
                // It does that as well for one that was removed since: another volume of the same name.
                for (volume, old) in zip(volumes, before) {
                    let now = try world.engine.volume(volume)
                    if now?.labels == old.labels { continue }
                    try world.removeCopier(copier.name)
                    // In use by now, it is somebody's: it stays.
                    if let now, now.labels.isEmpty { try? world.removeVolume(volume) }
                    throw CPIError.cloud("volume \(volume) is gone")
                }
            },
            verify: { try $0.madeContainer([copier.name]) != nil },
            undo: .by { try $0.removeCopier(copier.name) })
    }

    /// It looks for its tools, and waits: nothing of the disk is read before `copy`.
    static func startCopier(_ copier: Copier) -> Step {
        Step(
            name: "start container \(copier.name)",
            do: { world in
                try world.engine.startContainer(try copier.required(world).id)
                let seconds = world.configuration.timeouts.request
                guard try copier.await("ready", seconds: seconds, world) else {
                    throw CPIError.cloud("container \(copier.name) does not get ready")
                }
            },
            verify: { try copier.has("ready", $0) },
            undo: .withAnother)
    }

    static func removeCopier(_ copier: Copier) -> Step {
        Step(
            name: "remove container \(copier.name)",
            do: { try $0.removeCopier(copier.name) },
            verify: { try $0.madeContainer([copier.name]) == nil },
            undo: .withAnother)
    }
}

extension World {
    fileprivate func requireVolume(_ name: String) throws -> Volume {
        guard let volume = try engine.volume(name) else {
            throw CPIError.cloud("volume \(name) is gone")
        }
        return volume
    }

    /// Gone already is success.
    func removeCopier(_ name: String) throws {
        guard let copier = try madeContainer([name]), copier.isCopier else { return }
        try removeContainer(copier.id, .copier)
    }

    /// Has the copier begin.
    func startCopying(_ copier: Copier) throws {
        try engine.writeFile(
            try copier.required(self).id, path: CopyScript.file("go"), content: [])
    }
}
