import Engine

extension NetworkPlan {
    /// The Docker networks for a VM, the one with its default route first. Asks Docker which are
    /// there, and compares those.
    static func plans(_ networks: [BoshNetwork], _ world: World) throws -> [NetworkPlan] {
        var plans: [NetworkPlan] = []
        let present = try world.engine.networks()
        for network in networks where network.kind != .vip {
            let name = network.dockerName ?? nameBySubnet(network, present)
            if let index = plans.firstIndex(where: { $0.name == name }) {
                try plans[index].join(network)  // dual stack: two entries, one interface
            } else {
                plans.append(try NetworkPlan(network, name))
            }
        }
        guard !plans.isEmpty else {
            throw Field.Wrong(description: "networks must hold a manual or a dynamic network")
        }
        for index in plans.indices {
            let known = present.first { $0.name == plans[index].name }
            plans[index].isMissing = try known == nil && !plans[index].isInSwarm(world)
            if let known { try plans[index].requireSame(as: known) }
        }
        if !plans.contains(where: \.isDefault) { plans[0].isDefault = true }
        return plans.filter(\.isDefault) + plans.filter { !$0.isDefault }
    }

    private init(_ network: BoshNetwork, _ name: String) throws {
        self.init(
            name: name, driver: network.driver ?? "bridge",
            mac: NetworkPlan.mac(network.ip.flatMap(IPAddress.bytes)))
        try join(network)
    }

    private mutating func join(_ network: BoshNetwork) throws {
        let isIPv6 = network.ip?.contains(":") ?? false
        if isIPv6 ? ipv6 != nil : (ipv4 != nil && network.ip != nil) {
            throw Field.Wrong(
                description: "\(network.field.name) is a second address on Docker network \(name)")
        }
        if isIPv6 { ipv6 = network.ip } else { ipv4 = network.ip ?? ipv4 }
        if let subnet = network.subnet { subnets.append(subnet.description) }
        if let gateway = network.gateway { gateways.append(gateway) }
        enableIPv6 = enableIPv6 || network.enableIPv6 || isIPv6
        isDefault = isDefault || network.isDefaultGateway
    }

    /// A worker of a swarm sees an overlay network of the managers only while a container is on it,
    /// and can make none.
    private func isInSwarm(_ world: World) throws -> Bool {
        guard driver == "overlay" else { return false }
        let swarm = try world.engineInfo()["Swarm"]
        return swarm["LocalNodeState"].string == "active" && swarm["ControlAvailable"].bool != true
    }

    /// Without a name: the network that has the subnet already, else one named for it.
    private static func nameBySubnet(_ network: BoshNetwork, _ present: [Network]) -> String {
        guard let subnet = network.subnet else {
            // What Docker calls bridge has podman's name there.
            let names = present.map(\.name)
            return names.contains("podman") && !names.contains("bridge") ? "podman" : "bridge"
        }
        let same = present.first { $0.subnets.compactMap(CIDR.init).contains(subnet) }
        let letters = subnet.description.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }
        return same?.name ?? "bosh-" + String(letters)
    }

    /// A locally administered MAC: made from an IPv4 address as Engines do it, so that a recreated
    /// VM keeps both; random for any other.
    private static func mac(_ address: [UInt8]?) -> String {
        let tail =
            address?.count == 4
            ? [0x02, 0x42] + (address ?? [])
            : [0x06, 0x42] + (0..<4).map { _ in UInt8.random(in: 0...255) }
        return tail.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
