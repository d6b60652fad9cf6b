import Engine

extension Step {
    /// Makes a network unless somebody else has made it by now. Undo removes it again when this
    /// operation made it and no container uses it. `properties` are known to the first process only.
    static func createNetwork(_ plan: NetworkPlan, _ properties: NetworkProperties?) -> Step {
        Step(
            name: "create network \(plan.name)",
            do: { world in
                try world.locked(networks: [plan.name]) {
                    try world.ensure(plan, properties)
                }
            },
            verify: { try $0.engine.network(plan.name) != nil },
            undo: .by { world in
                try world.locked(networks: [plan.name]) {
                    guard let network = try world.engine.network(plan.name),
                        world.made(network.labels),
                        try world.users(of: plan.name).isEmpty
                    else { return }
                    try world.patiently { try world.engine.removeNetwork(network.id) }
                }
            })
    }

    /// Connects the container to a further network where create could not do that. `prepare` is done
    /// under the network's lock: it may see that the network is there.
    static func connect(
        _ names: [String], to network: String, prepare: @escaping (World) throws -> Void = { _ in },
        endpoint: @escaping (World) throws -> JSON
    ) -> Step {
        Step(
            name: "connect container \(names[0]) to \(network)",
            do: { world in
                guard let container = try world.madeContainer(names),
                    container.endpoints[network] == nil
                else { return }
                try world.locked(networks: [network]) {
                    try prepare(world)
                    try world.engine.connect(
                        container.id, to: network, endpoint: try endpoint(world))
                }
            },
            verify: { try $0.madeContainer(names)?.endpoints[network] != nil },
            undo: .withAnother)  // of the container
    }

    /// The last VM of a network that was made for VMs takes it along. One that has any container's
    /// endpoint, running or not, stays; so does a director's.
    static func removeUnusedNetwork(_ name: String) -> Step {
        Step(
            name: "remove network \(name)", removes: .unusedNetwork(name), isTidying: true,
            do: { world in
                try world.locked(networks: [name]) {
                    guard let network = try world.unusedNetwork(name) else { return }
                    try world.patiently { try world.engine.removeNetwork(network.id) }
                }
            },
            verify: { try $0.unusedNetwork(name) == nil },
            undo: .impossible)
    }
}
