import Engine
import Journal

extension World {
    /// Does `body` while no other CPI of this machine makes, removes or joins these networks. On Engine
    /// 20.10 two creations of one name at once make two networks, and on any Engine a network can be
    /// removed that only containers which do not run are on.
    func locked<Result>(networks: [String], _ body: () throws -> Result) throws -> Result {
        var held: [FileLock] = []
        defer { held.forEach { $0.release() } }
        for network in Set(networks).sorted() {
            held += try locks.acquire(
                network: network, seconds: configuration.timeouts.lock, for: operation)
        }
        return try body()
    }

    /// Makes the network unless it is there as it should be. Under its lock. One that somebody else had made is not
    /// made again: nobody would take it away. Throws `CPIError` where that one is gone.
    func ensure(_ plan: NetworkPlan, _ properties: NetworkProperties?) throws {
        let properties = properties ?? NetworkProperties()
        if let present = try engine.network(plan.name) {
            return try plan.requireRoom(in: present, properties, self)
        }
        // A worker of a swarm does not see an overlay before a container is on it.
        guard try plan.isToBeSeen || plan.isOverlay && isSwarmWorker() else {
            throw CPIError.cloud("network \(plan.name) is gone: somebody has removed it meanwhile")
        }
        try create(plan, properties)
    }

    /// The containers that have an endpoint on the network, running or not, by name; and the images that are
    /// the last copy of a VM that was on it: recovery makes that VM again there.
    func users(of network: String) throws -> [String] {
        try engine.containers(["network": [network]]).map(\.name).sorted()
            + lastCopies(on: network)
    }

    private func lastCopies(on network: String) throws -> [String] {
        try committedImages { try containers(of: $0).isEmpty }
            .filter { Blueprint.container(in: $0.image)?.endpoints[network] != nil }
            .map { "image \($0.name)" }
    }

    /// As words for an error; nil when there is none.
    func listOfUsers(of network: String) throws -> String? {
        let users = try users(of: network)
        guard let last = users.last else { return nil }
        guard users.count > 1 else { return "\(last) is" }
        let shown = users.count > 6 ? users.prefix(5) + ["\(users.count - 5) more"] : users[...]
        return shown.dropLast().joined(separator: ", ") + " and \(shown.last ?? "") are"
    }

    /// The network, if it was made for VMs and none is on it.
    func unusedNetwork(_ name: String) throws -> Network? {
        guard let network = try engine.network(name), network.isMadeByCPI, !network.isDirectors,
            try users(of: name).isEmpty
        else { return nil }
        return network
    }

    private func create(_ plan: NetworkPlan, _ properties: NetworkProperties) throws {
        let cid = NetworkCID(plan.name)
        // Whoever makes a director's network again has it belong to the director.
        let own = cid.isOurForm ? [Label.network: plan.name] : [:]
        do {
            try create(plan, properties, labels: Label.made(own, self))
        } catch let error as EngineError where error.isNameTaken {
            // Another machine, whose locks are not seen here, has just made it.
            guard let present = try engine.network(plan.name) else { throw error }
            try plan.requireRoom(in: present, properties, self)
        }
    }

    /// Throws `CPIError` naming the networks that are in the way, and who is on them.
    func create(_ plan: NetworkPlan, _ properties: NetworkProperties, labels: [String: String])
        throws
    {
        do {
            let spec = plan.spec(properties, labels: labels, try engine.version())
            try engine.createNetwork(spec)
        } catch let error as EngineError where error.isWithoutPlugin {
            throw CPIError.cloud(
                "cannot create network \(plan.name): this Docker has no network driver \(plan.driver) "
                    + "(\(error))")
        } catch let error as EngineError where error.isOutOfIPv6 && plan.enableIPv6 {
            throw CPIError.cloud(
                "cannot create network \(plan.name) with enable_ipv6: this Docker has no IPv6 subnet to choose "
                    + "from; give it one, or IPv6 default-address-pools to the daemon (\(error))")
        } catch let error as EngineError where error.isOverlap {
            let others = try engine.networks().filter { $0.overlaps(plan.subnets) }
            let names = try others.map { other in
                let users = try listOfUsers(of: other.name).map { ", \($0) on it" } ?? ""
                return "\(other.name) (\(other.subnets.joined(separator: ", "))\(users))"
            }
            throw CPIError.cloud(
                "cannot create network \(plan.name) with \(plan.subnets.joined(separator: ", ")): "
                    + "it overlaps with \(names.isEmpty ? "a network of the host" : names.joined(separator: ", "))"
            )
        } catch let error as EngineError
            where plan.isOverlay && error.description.contains("not a swarm manager")
        {
            guard try isSwarmWorker() else {
                throw CPIError.cloud(
                    "cannot create network \(plan.name): an overlay network needs a swarm, and "
                        + "this Docker host is in none; next: docker swarm init, or docker swarm join"
                )
            }
            // A worker does not see the swarm's networks before a container of its is on them.
            logger.info("network \(plan.name) is taken to be on the swarm's managers: \(error)")
        }
    }

    /// Whether Docker is a node of a swarm that cannot make networks there.
    func isSwarmWorker() throws -> Bool {
        let swarm = try engineInfo()["Swarm"]
        return swarm["LocalNodeState"].string == "active" && swarm["ControlAvailable"].bool != true
    }
}
