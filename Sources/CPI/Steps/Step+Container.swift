import Engine

extension Step {
    /// Removes a container of a VM that is being deleted, whatever its state; never a volume.
    static func removeContainer(_ id: String, called name: String) -> Step {
        Step(
            name: "remove container \(name)", isDestructive: true,
            do: { try $0.removeContainer(id, .deleted) },
            verify: { try $0.engine.container(id) == nil },
            undo: .impossible)
    }

    /// Stops a container that was running. Undo starts it again: a stop that Docker may still be at
    /// is finished first. One that somebody has started since is left running.
    ///
    /// `startedAt`: when it was started, as Docker tells it, before the stop.
    static func stop(_ id: String, called name: String, startedAt: String) -> Step {
        Step(
            name: "stop container \(name)", isDestructive: true, touchesOthers: true,
            do: { world in
                guard try world.engine.container(id) != nil else {
                    throw CPIError(kind: .cloud, message: "container \(name) is gone")
                }
                try world.engine.stopContainer(id, seconds: world.configuration.timeouts.stop)
            },
            verify: { try $0.engine.container(id)?.isUp != true },
            undo: .by { world in
                guard let container = try world.engine.container(id) else { return }
                if container.isUp {
                    guard container.startedAt == startedAt else { return }
                    try world.engine.stopContainer(id, seconds: world.configuration.timeouts.stop)
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
            undo: .by { world in
                // Under whatever name: somebody may have renamed it since.
                guard let container = try world.engine.container(id), container.name != old else {
                    return
                }
                try world.engine.renameContainer(id, to: old)
            })
    }

    /// Renames a container that this operation makes, known by either name.
    static func renameMade(from old: String, to new: String) -> Step {
        Step(
            name: "rename container \(old) to \(new)",
            do: { world in
                guard let container = try world.madeContainer([old, new]) else {
                    throw CPIError(kind: .cloud, message: "container \(old) is gone")
                }
                guard container.name != new else { return }
                try world.engine.renameContainer(container.id, to: new)
            },
            verify: { try $0.madeContainer([new, old])?.name == new },
            undo: .by { world in
                guard let container = try world.madeContainer([new, old]), container.name == new
                else { return }
                try world.engine.renameContainer(container.id, to: old)
            })
    }

    /// Starts a container that this operation makes, known by either name.
    static func startMade(_ names: [String]) -> Step {
        Step(
            name: "start container \(names[0])",
            do: { world in
                guard let container = try world.madeContainer(names) else {
                    throw CPIError(kind: .cloud, message: "container \(names[0]) is gone")
                }
                world.hasStarted = !container.wasStarted
                try world.startContainer(container.id)
            },
            verify: { try $0.madeContainer(names)?.isUp == true },
            undo: .by { world in
                guard let container = try world.madeContainer(names), container.isUp else { return }
                try world.engine.stopContainer(
                    container.id, seconds: world.configuration.timeouts.stop)
            })
    }
}

extension World {
    /// Starts it; when an address is taken, says who holds it.
    func startContainer(_ id: String) throws {
        do {
            try engine.startContainer(id)
        } catch let error as EngineError {
            guard let (holder, what) = try? addressHolder(error, id) else { throw error }
            let isVM = VMCID.role(of: holder)?.role == .vm
            let advice = isVM ? "; if no director knows that VM: bosh delete-vm \(holder)" : ""
            throw CPIError(kind: .cloud, message: "\(error) (\(what))\(advice)")
        }
    }

    /// Engines say "Address already in use" without saying by whom: the container's name, and a text.
    private func addressHolder(_ error: EngineError, _ id: String) throws -> (String, String)? {
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
                    return (
                        holder.name, "\(address) on network \(name) is held by \(holder.name)"
                    )
                }
            }
        }
        return nil
    }
}
