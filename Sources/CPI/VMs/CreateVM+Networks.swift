import Engine

extension CreateVM {
    /// The last steps. Engines cannot rename a container that runs on an overlay network: "Could not add
    /// service state for endpoint … already exists" (seen with 20.10).
    static func naming(_ plan: Plan) -> [Step] {
        let rename = Step.renameMade(from: plan.vm.incomplete, to: plan.vm.description)
        guard plan.networks.contains(where: \.isOverlay) else { return [rename] }
        let names = [plan.vm.description, plan.vm.incomplete]
        return [.stopMade(plan.names), rename, .startMade(names)]
    }

    /// What the networks' cloud_properties say of a Docker network.
    func properties(of plan: NetworkPlan) -> NetworkProperties {
        plan.properties(in: networks)
    }

    /// Says what Docker is not going to do as the networks ask for.
    func warn(_ plans: [NetworkPlan], _ world: World) throws {
        for network in networks {
            guard let delegated = network.delegated else { continue }
            world.warn(
                "\(network.field.name).prefix: the agent is told of \(delegated), but Docker gives "
                    + "the VM its first address alone")
        }
        for plan in plans where plan.isMissing && plan.isWithoutIPv4 {
            try world.warnOfIPv4(plan.name)
        }
    }
}

extension NetworkPlan {
    /// Whether it may be missing by the time that the VM is made.
    var isToBeSeen: Bool { isMissing || mayGo }
}

extension World {
    /// Does `body`, which makes the VM's container, while no other call removes a network that the
    /// CPI has made: from then on it is in use. One that has gone since the plan is made again.
    func joining<Result>(_ plan: CreateVM.Plan, _ call: CreateVM, _ body: () throws -> Result)
        throws -> Result
    {
        let shared = plan.networks.filter(\.isToBeSeen)
        return try locked(networks: shared.map(\.name)) {
            for network in shared { try ensure(network, call.properties(of: network)) }
            return try body()
        }
    }
}

extension CreateVM {
    /// Of the networks those that it has made itself.
    static func removals(_ plan: Plan, _ action: Action, _ seen: Removals) throws -> [String] {
        guard case .back = action else { return try seen.usual(action, steps(plan, nil)) }
        return try seen.made()
            + plan.networks.compactMap { plan in
                guard let network = try seen.world.engine.network(plan.name),
                    seen.world.made(network.labels)
                else { return nil }
                return seen.unused(plan.name)
            }
    }
}
