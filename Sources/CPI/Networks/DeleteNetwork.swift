import Engine
import Journal

/// Removes a network that create_network made for the same director, unless any container is on it, running or
/// not.
struct DeleteNetwork: Mutation {
    static let name = "delete_network"
    static let arguments = ["network_cid"]
    static let rule = RecoveryRule.finish
    static let deletes = true
    struct Plan: Codable {
        let network: NetworkCID
        /// Docker's, of the network that was seen: another one may have the name when it is removed. Nil when
        /// it is gone: an interrupted delete_network, which this call has finished, had deleted it.
        let id: String?

        func isAbout(_ present: Network) -> Bool { id == present.id }
    }
    let network: NetworkCID
    var subjects: [Subject] { [network.subject] }

    init(_ arguments: Arguments) throws {
        network = try NetworkCID(arguments[0])
    }

    func plan(_ world: World) throws -> Plan {
        guard let present = try world.engine.network(network.description) else {
            guard world.hasJustFinished(Self.name, network.subject) else {
                try world.warnIfOnAnotherDaemon(network.subject)
                throw CPIError.networkNotFound(network)
            }
            return Plan(network: network, id: nil)
        }
        guard present.isDirectors else {
            throw CPIError.cloud(
                "cannot delete network \(network): it was not made by create_network (it has "
                    + "no label \(Label.network))")
        }
        guard present.isDirectors(of: world.request.director) else {
            throw CPIError.cloud("cannot delete network \(network): another director has made it")
        }
        try world.requireNobody(on: network)
        return Plan(network: network, id: present.id)
    }

    static func steps(_ plan: Plan, _ call: DeleteNetwork?) -> [Step] {
        guard plan.id != nil else { return [] }
        let name = plan.network.description
        return [
            Step(
                name: "delete network \(name)", removes: .network(name), isDestructive: true,
                do: { world in
                    try world.locked(networks: [name]) {
                        guard let present = try world.engine.network(name) else { return }
                        guard plan.isAbout(present) else {
                            return world.warn(
                                "network \(name) is kept: it was made after the one to delete, which is gone"
                            )
                        }
                        // Docker refuses only where a container runs.
                        try world.requireNobody(on: plan.network)
                        try world.patiently { try world.engine.removeNetwork(present.id) }
                    }
                },
                verify: { try $0.engine.network(name).map(plan.isAbout) != true },
                undo: .impossible)
        ]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        let isThere = try world.engine.network(plan.network.description).map(plan.isAbout)
        return isThere == true ? .untouched("network \(plan.network)") : .unfinished
    }
}

extension World {
    /// Throws `NothingDone` that names the containers on the network.
    fileprivate func requireNobody(on network: NetworkCID) throws {
        guard let users = try listOfUsers(of: network.description) else { return }
        throw NothingDone(description: "cannot delete network \(network): \(users) on it")
    }
}
