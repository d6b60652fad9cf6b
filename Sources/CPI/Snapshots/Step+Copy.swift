import Engine

/// The parts of a copy. All of it goes away with the copier, and the target with what made it.
extension Step {
    static func createCopier(_ copier: Copier, _ method: String, _ plan: some Encodable) -> Step {
        Step(
            name: "create container \(copier.name)",
            do: { world in
                // Docker would make a volume that is missing, empty.
                for volume in [copier.source, copier.target] {
                    guard try world.engine.volume(volume) != nil else { throw Copier.gone(volume) }
                }
                _ = try world.engine.createContainer(
                    copier.name, try copier.spec(method, plan, world))
            },
            // It does that as well for one that was removed since: another volume of the same name.
            check: { try $0.requireVolumes(of: copier) },
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
                guard try copier.await(.ready, seconds: seconds, world) else {
                    throw CPIError.cloud("container \(copier.name) does not get ready")
                }
            },
            verify: { try copier.has(.ready, $0) },
            undo: .withAnother)
    }

    /// `volumes`: what must be there afterwards. As long as the copier had them no prune took any; one that has
    /// taken the copier may have taken them as well.
    static func removeCopier(_ copier: Copier, keeping volumes: [String] = []) -> Step {
        Step(
            name: "remove container \(copier.name)",
            do: { try $0.removeCopier(copier.name) },
            check: { world in
                for volume in volumes where try world.madeVolume(volume) == nil {
                    throw Copier.gone(volume)
                }
            },
            verify: { try $0.madeContainer([copier.name]) == nil },
            undo: .withAnother)
    }
}

extension Copier {
    fileprivate static func gone(_ volume: String) -> CPIError {
        CPIError.cloud("volume \(volume) is gone")
    }
}

extension World {
    /// Once the copier is there: that it has the disk or snapshot, and what this operation has made to be
    /// filled. Takes it away, and volumes that Docker has made for it, and throws `CPIError`, where not.
    fileprivate func requireVolumes(of copier: Copier) throws {
        let (source, target) = (try engine.volume(copier.source), try engine.volume(copier.target))
        let isThere = source.map { $0.isDisk || $0.labels[Label.snapshot] == $0.name } ?? false
        let isOurs = target.map { made($0.labels) } ?? false
        guard !isThere || !isOurs else { return }
        let container = try engine.container(copier.name)
        try removeCopier(copier.name)
        for volume in [source, target].compactMap(\.self)
        where volume.isMade(for: container) && !volume.isDisk {
            try? removeVolume(volume.name)  // in use by now, it is somebody's: it stays
        }
        throw Copier.gone(isThere ? copier.target : copier.source)
    }

    /// Gone already is success.
    func removeCopier(_ name: String) throws {
        guard let copier = try madeContainer([name]), copier.isCopier else { return }
        try removeContainer(copier.id, .copier)
    }

    /// Has the copier begin.
    func startCopying(_ copier: Copier) throws {
        try engine.writeFile(
            try copier.required(self).id, path: CopyScript.File.go.path, content: [])
    }
}
