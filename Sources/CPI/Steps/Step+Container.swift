import Engine

extension Step {
    /// Removes a container whatever its state, never a volume.
    static func removeContainer(_ id: String, called name: String) -> Step {
        Step(
            name: "remove container \(name)", isDestructive: true,
            do: { try $0.removeContainer(id) },
            verify: { try $0.engine.container(id) == nil },
            undo: nil)
    }

    /// Stops a container that was running; undo starts it again.
    static func stop(_ id: String, called name: String) -> Step {
        Step(
            name: "stop container \(name)", isDestructive: true,
            do: { try $0.engine.stopContainer(id, seconds: $0.configuration.timeouts.stop) },
            verify: { try $0.engine.container(id)?.isRunning != true },
            undo: { world in
                guard let container = try world.engine.container(id), !container.isRunning else {
                    return
                }
                try world.startContainer(id)
            })
    }

    /// Renames a container, known by its id, from one name to the other.
    static func rename(_ id: String, from old: String, to new: String) -> Step {
        Step(
            name: "rename container \(old) to \(new)",
            do: { world in
                guard try world.engine.container(id)?.name != new else { return }
                try world.engine.renameContainer(id, to: new)
            },
            verify: { world in
                guard let container = try world.engine.container(id) else { return true }
                return container.name == new
            },
            undo: { world in
                guard try world.engine.container(id)?.name == new else { return }
                try world.engine.renameContainer(id, to: old)
            })
    }

    /// Renames a container that this operation makes, known by either name.
    static func renameOurs(from old: String, to new: String) -> Step {
        Step(
            name: "rename container \(old) to \(new)",
            do: { world in
                guard try world.ourContainer(new) == nil else { return }
                try world.engine.renameContainer(old, to: new)
            },
            verify: { try $0.ourContainer(new) != nil },
            undo: { world in
                guard let container = try world.ourContainer(new) else { return }
                try world.engine.renameContainer(container.id, to: old)
            })
    }

    /// Starts a container that this operation makes, known by either name.
    static func startOurs(_ names: [String]) -> Step {
        Step(
            name: "start container \(names[0])",
            do: { world in
                guard let container = try world.ourContainer(names) else {
                    throw CPIError(kind: .cloud, message: "container \(names[0]) is gone")
                }
                try world.startContainer(container.id)
            },
            verify: { try $0.ourContainer(names)?.isRunning == true },
            undo: { world in
                guard let container = try world.ourContainer(names), container.isRunning else {
                    return
                }
                try world.engine.stopContainer(
                    container.id, seconds: world.configuration.timeouts.stop)
            })
    }
}

extension World {
    /// The container of that name, if this operation made it.
    func ourContainer(_ name: String) throws -> Container? {
        guard let container = try engine.container(name),
            container.labels[Label.operation] == operation
        else { return nil }
        return container
    }

    /// As above, by the first of the names that fits.
    func ourContainer(_ names: [String]) throws -> Container? {
        for name in names {
            if let container = try ourContainer(name) { return container }
        }
        return nil
    }

    /// Removes what this operation made under one of these names, and nothing else.
    func removeOurContainer(_ names: [String], anonymousVolumes: Bool = false) throws {
        while let container = try ourContainer(names) {
            try removeContainer(container.id, anonymousVolumes: anonymousVolumes)
        }
    }

    /// Kills and removes. Gone already is success; a removal under way is waited for.
    func removeContainer(_ id: String, anonymousVolumes: Bool = false) throws {
        try patiently {
            try engine.removeContainer(id, force: true, anonymousVolumes: anonymousVolumes)
        }
    }

    /// Starts it; when an address is taken, says who holds it.
    func startContainer(_ id: String) throws {
        do {
            try engine.startContainer(id)
        } catch let error as EngineError {
            guard let holder = try? addressHolder(error, id) else { throw error }
            throw CPIError(kind: .cloud, message: "\(error) (\(holder))")
        }
    }

    /// Engines say "Address already in use" without saying by whom.
    private func addressHolder(_ error: EngineError, _ id: String) throws -> String? {
        guard error.description.lowercased().contains("address already in use") else { return nil }
        let endpoints = try engine.inspectContainer(id).endpoints
        for (name, endpoint) in endpoints.sorted(by: { $0.key < $1.key }) {
            let wanted = [
                endpoint["IPAMConfig"]["IPv4Address"].string,
                endpoint["IPAMConfig"]["IPv6Address"].string,
            ].compactMap(\.self)
            for holder in try engine.network(name)?.holders ?? [] {
                let held = holder.addresses.map { String($0.prefix { $0 != "/" }) }
                if let address = wanted.first(where: held.contains) {
                    return "\(address) on network \(name) is held by \(holder.name)"
                }
            }
        }
        return nil
    }
}
