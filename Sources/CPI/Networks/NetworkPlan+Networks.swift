import Engine

extension NetworkPlan {
    /// The Docker networks for a VM, the one with its default route first. Asks Docker which are
    /// there, and compares those.
    static func plans(_ networks: [BoshNetwork], _ world: World) throws -> [NetworkPlan] {
        var plans: [NetworkPlan] = []
        let real = networks.filter { $0.kind != .vip }
        // One without a name is known by its subnet, among all that there are.
        let names = real.compactMap(\.properties.name)
        let present =
            try names.count == real.count
            ? world.engine.networks(named: names) : world.engine.networks()
        for network in real {
            let name = try name(network, among: real, present)
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
            plans[index].mayGo = known?.isMadeByCPI ?? false
            if let known {
                plans[index].driver = known.driver
                try plans[index].requireRoom(
                    in: known, plans[index].properties(in: networks), world)
                (plans[index].smallerSubnets(of: known) + plans[index].otherGateways(than: known))
                    .forEach(world.warn)
                if !known.gateways.isEmpty { plans[index].gateways = known.gateways }
            }
        }
        if !plans.contains(where: \.isDefault) { plans[0].isDefault = true }
        return plans.filter(\.isDefault) + plans.filter { !$0.isDefault }
    }

    /// What the entries on this Docker network say of it; of two that say a thing, the first.
    func properties(in networks: [BoshNetwork]) -> NetworkProperties {
        var merged = NetworkProperties()
        for one in networks.filter(isOf).map(\.properties) {
            merged.driver = merged.driver ?? one.driver
            merged.options.merge(one.options) { first, _ in first }
            merged.isInternal = merged.isInternal || one.isInternal
        }
        return merged
    }

    /// Whether the entry is one of those that were joined to this plan.
    private func isOf(_ network: BoshNetwork) -> Bool {
        if let asked = network.properties.name { return network.kind != .vip && asked == name }
        return network.subnet.map { subnets.contains($0.description) } ?? false
    }

    private init(_ network: BoshNetwork, _ name: String) throws {
        self.init(
            name: name, driver: network.properties.driver ?? NetworkPlan.usualDriver,
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
        enableIPv6 = enableIPv6 || network.properties.enableIPv6 || isIPv6
        isDefault = isDefault || network.defaults.contains("gateway")
    }

    /// The name that is asked for, or that another network of the same interface asks for. Without
    /// one: the network that has the subnet already, else one named for it.
    private static func name(
        _ network: BoshNetwork, among all: [BoshNetwork], _ present: [Network]
    ) throws -> String {
        let group = all.filter { $0.nicGroup != nil && $0.nicGroup == network.nicGroup }
        let names = Set(group.compactMap(\.properties.name)).sorted()
        guard names.count <= 1 else {
            throw Field.Wrong(
                description: "\(network.field.name).nic_group: the networks of a group are one "
                    + "interface, on one Docker network, and these name \(names.joined(separator: ", "))"
            )
        }
        if let name = network.properties.name ?? names.first { return name }
        let subnets = (group.isEmpty ? [network] : group).compactMap(\.subnet)
        let same = present.first {
            !Set($0.subnets.compactMap(CIDR.init)).isDisjoint(with: subnets)
        }
        // The IPv4 one names a pair.
        let subnet = subnets.first { $0.bytes.count == 4 } ?? subnets.first
        let letters = (subnet?.description ?? "").map { letter in
            letter.isLetter || letter.isNumber || letter == "." ? letter : "-"
        }
        return same?.name ?? "bosh-" + String(letters)
    }

    /// A worker of a swarm sees an overlay network of the managers only while a container is on it,
    /// and can make none.
    private func isInSwarm(_ world: World) throws -> Bool {
        try isOverlay && world.isSwarmWorker()
    }

    /// A locally administered MAC: made from an IPv4 address as Engines do it, so that a recreated
    /// VM keeps both; random for any other.
    static func mac(_ address: [UInt8]?) -> String {
        let tail =
            address?.count == 4
            ? [0x02, 0x42] + (address ?? [])
            : [0x06, 0x42] + (0..<4).map { _ in UInt8.random(in: 0...255) }
        return tail.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}

extension Network {
    /// Made for a VM, or for a director.
    var isMadeByCPI: Bool { labels.label(Label.operation) != nil }
    /// Made by create_network, and to be removed by delete_network alone.
    var isDirectors: Bool { labels.label(Label.network) != nil }
    /// Made by create_network for that director; nil is a caller that names none.
    func isDirectors(of director: String?) -> Bool {
        isDirectors && (labels[Label.director] ?? "") == director ?? ""
    }
}
