import Engine

extension Step {
    /// Makes a network unless somebody else has made it by now. Undo removes it again when this
    /// operation made it and no container uses it.
    static func createNetwork(_ plan: NetworkPlan) -> Step {
        Step(
            name: "create network \(plan.name)",
            do: { world in
                try world.locked(network: plan.name) {
                    if let present = try world.engine.network(plan.name) {
                        try plan.requireSame(as: present)
                    } else {
                        try world.create(plan)
                    }
                }
            },
            verify: { try $0.engine.network(plan.name) != nil },
            undo: .by { world in
                try world.locked(network: plan.name) {
                    guard let network = try world.engine.network(plan.name),
                        world.made(network.labels),
                        try world.engine.containers(["network": [plan.name]]).isEmpty
                    else { return }
                    try world.patiently { try world.engine.removeNetwork(plan.name) }
                }
            })
    }

    /// Connects the container to a further network where create could not do that.
    static func connect(
        _ names: [String], to network: String, endpoint: @escaping (World) throws -> JSON
    ) -> Step {
        Step(
            name: "connect container \(names[0]) to \(network)",
            do: { world in
                guard let container = try world.madeContainer(names),
                    container.endpoints[network] == nil
                else { return }
                try world.engine.connect(container.id, to: network, endpoint: try endpoint(world))
            },
            verify: { try $0.madeContainer(names)?.endpoints[network] != nil },
            undo: .withAnother)  // of the container
    }
}

extension World {
    /// On Engine 20.10 two creations of one name at once make two networks.
    fileprivate func locked(network: String, _ body: () throws -> Void) throws {
        let name =
            "network-"
            + String(network.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
        let held = try locks.acquire(name, seconds: 60, note: operation)
        defer { held.forEach { $0.release() } }
        try body()
    }

    fileprivate func create(_ plan: NetworkPlan) throws {
        do {
            try engine.createNetwork(plan.spec(labels: Label.made([:], self)))
        } catch let error as EngineError where error.description.contains("overlap") {
            let others = try engine.networks().filter { $0.overlaps(plan.subnets) }
            let names = others.map { "\($0.name) (\($0.subnets.joined(separator: ", ")))" }
            throw CPIError(
                kind: .cloud,
                message:
                    "cannot create network \(plan.name) with \(plan.subnets.joined(separator: ", ")): "
                    + "it overlaps with \(names.isEmpty ? "a network of the host" : names.joined(separator: ", "))"
            )
        }
    }
}
