import Engine

extension World {
    /// Starts it; when an address is taken, says who holds it; when a network is gone, how it is brought
    /// back.
    func startContainer(_ id: String) throws {
        do {
            try engine.startContainer(id)
        } catch let error as EngineError {
            let why = try? addressConflict(error, id) ?? missingNetwork(error, id)
            guard let why else { throw error }
            throw CPIError.cloud("\(error) \(why)")
        }
    }

    /// A network that no running container is on is one that prunes remove. Docker knows a container's
    /// networks by their ids: one made again under the old name is another one. Nil for another error.
    private func missingNetwork(_ error: EngineError, _ id: String) throws -> String? {
        guard error.isNotFound, error.description.contains("network") else { return nil }
        let container = try engine.inspectContainer(id)
        let gone = try container.endpoints.sorted { $0.key < $1.key }.first { name, endpoint in
            try engine.network(name).map { $0.id != endpoint.networkID } ?? true
        }
        guard let (name, endpoint) = gone else { return nil }
        guard VMCID.role(of: container.name)?.role != .incomplete else {
            return "(network \(name) was removed meanwhile); next: the call again, which makes it"
        }
        let addresses = endpoint.askedAddresses.map { address in
            (address.contains(":") ? "--ip6 " : "--ip ") + address + " "
        }.joined()
        return
            "(network \(name) was removed while \(container.name) was stopped); next: docker network "
            + "create with its subnet and gateway, if it is not there; docker network disconnect --force "
            + "\(name) \(container.name); docker network connect \(addresses)\(name) \(container.name); "
            + "then the call again"
    }

    /// Engines say that an address is in use without saying by whom. Who else is on the network is said
    /// as well: those are the addresses that a director must not give away. Nil for another error.
    private func addressConflict(_ error: EngineError, _ id: String) throws -> String? {
        let text = error.description.lowercased()
        let isPodmans = text.contains("ip address") && text.contains("already allocated")
        guard text.contains("address already in use") || isPodmans else { return nil }
        let endpoints = try engine.inspectContainer(id).endpoints
        for (name, endpoint) in endpoints.sorted(by: { $0.key < $1.key }) {
            // podman shows no wishes of an endpoint, and names the address.
            let wanted =
                isPodmans
                ? text.split(separator: " ").map(String.init) : endpoint.askedAddresses
            guard let network = try engine.network(name) else { continue }
            for holder in network.holders {
                guard let address = wanted.first(in: holder.plainAddresses) else { continue }
                return conflict("\(address) on network \(name) is held by ", holder.name, network)
            }
            if let address = wanted.first(in: network.gateways) {
                return "(\(address) is the gateway of network \(name))"
            }
        }
        return isPodmans ? World.addressOfNobody : nil
    }

    private static let addressOfNobody =
        "(no container has it: a podman that was killed while it gave the address away takes it for used until the "
        + "host starts anew; docs/engines.md says how to end that sooner)"

    private func conflict(_ what: String, _ holder: String, _ network: Network) -> String {
        let others = network.holders.filter { $0.name != holder }.map { other in
            "\(other.name) \(other.plainAddresses.joined(separator: " "))"
        }.sorted()
        let more = others.count > 8 ? ["\(others.count - 8) more"] : []
        let rest = (others.prefix(8) + more).joined(separator: ", ")
        let isVM = VMCID.role(of: holder)?.role == .vm
        return "(\(what)\(holder))" + (rest.isEmpty ? "" : "; also there: \(rest)")
            + (isVM ? "; if no director knows that VM: bosh delete-vm \(holder)" : "")
    }
}

extension [String] {
    /// The first address that is one of others.
    fileprivate func first(in others: [String]) -> String? {
        first { one in others.contains { IPAddress.isSame(one, $0) } }
    }
}
