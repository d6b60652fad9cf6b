import Engine
import Journal

/// Makes a Docker network for a subnet that a director manages. Only delete_network removes it.
///
/// It may be there already: made by the same director for the same subnet it is the one that is asked for,
/// for an earlier answer may not have arrived.
struct CreateNetwork: Mutation {
    static let name = "create_network"
    static let arguments = ["subnet_definition"]
    static let rule = RecoveryRule.keepWhatIsMade
    static let makes: Subject.Kind? = .network
    struct Plan: Codable {
        let cid: NetworkCID
        let network: NetworkPlan
        /// Addresses and spans of them that Docker takes for itself.
        let reserved: [String]
        /// It was there, and is taken over as it is.
        let isThere: Bool
    }
    let definition: SubnetDefinition
    var subjects: [Subject] {
        definition.properties.name.map { [NetworkCID($0).subject] } ?? []
    }

    init(_ arguments: Arguments) throws {
        definition = try SubnetDefinition(arguments[0])
    }

    func plan(_ world: World) throws -> Plan {
        world.warn(ofUnknown: definition.properties.unknown, in: "cloud_properties")
        let networks = try world.engine.networks()
        let driver = definition.properties.driver ?? NetworkPlan.usualDriver
        let same = try same(networks, world)
        let name = definition.properties.name ?? same?.name
        let cid = name.map { NetworkCID($0) } ?? .random()
        let range = try range(networks, same, world)
        let isIPv6 = range.bytes.count == 16
        let present = same?.gateways.first { range.contains(IPAddress.bytes($0) ?? []) }
        let gateway = definition.gateway ?? present ?? range.address(1)
        let network = NetworkPlan(
            name: cid.description, isMissing: same == nil, driver: driver,
            subnets: [range.description], gateways: [gateway],
            enableIPv6: definition.properties.enableIPv6 || isIPv6, mac: "")
        if let same {
            guard same.isDirectors(of: world.request.director) else {
                throw CPIError.cloud(
                    "cannot create network \(cid): there is a Docker network of that name, "
                        + "which this director has not made")
            }
            try network.requireSame(as: same, definition.properties, world)
            try requireAsAsked(same, gateway: gateway, world)
        } else if network.isWithoutIPv4 {
            try world.warnOfIPv4(cid.description)
        }
        // Each node of a swarm takes an address of its own, from the first ones on.
        let isSwarms = driver == NetworkPlan.overlay && !isIPv6 && range.prefix <= 27
        return Plan(
            cid: cid, network: network,
            reserved: isSwarms ? ["\(range.address(2))-\(range.address(9))"] : [],
            isThere: same != nil)
    }

    /// A VM takes a network as it is. What a director is answered it believes: throws `CPIError` for a network
    /// that is there and is seen to differ.
    private func requireAsAsked(_ same: Network, gateway: String, _ world: World) throws {
        let asked = IPAddress.bytes(gateway)
        let hasGateway =
            same.gateways.isEmpty || same.gateways.contains { IPAddress.bytes($0) == asked }
        let option = try otherOption(than: same.options, world)
        let difference: String? =
            if !hasGateway {
                "with gateway \(same.gateways.joined(separator: ", ")), but \(gateway) is asked for"
            } else if same.isInternal != definition.properties.isInternal {
                "and is \(same.isInternal ? "" : "not ")internal, which is not what is asked for"
            } else if definition.properties.enableIPv6, !same.enablesIPv6 {
                "without IPv6, and enable_ipv6 is asked for"
            } else if definition.properties.driver == nil, same.driver != NetworkPlan.usualDriver {
                "with driver \(same.driver), but \(NetworkPlan.usualDriver) is asked for"
            } else if let option {
                "with another driver_opts.\(option) than is asked for"
            } else {
                nil
            }
        guard let difference else { return }
        throw CPIError.cloud("network \(same.name) is there \(difference)")
    }

    /// The first name of an option that is asked for and that the network has not. podman shows some by other
    /// names.
    private func otherOption(than shown: [String: String], _ world: World) throws -> String? {
        let others = definition.properties.options.filter { shown[$0.key] != $0.value }
        guard !others.isEmpty else { return nil }
        let isPodman = try world.engine.isPodman()
        return others.keys.sorted().first { !isPodman || shown[$0] != nil }
    }

    /// The network that is asked for, where it is there: by its name; without one it is this director's own
    /// for the very subnet, that nobody is on and whose answer cannot have arrived.
    private func same(_ present: [Network], _ world: World) throws -> Network? {
        if let name = definition.properties.name { return present.first { $0.name == name } }
        guard let range = definition.range, let director = world.request.director else {
            return nil
        }
        return try present.first { one in
            try one.isDirectors && one.labels[Label.director] == director
                && one.subnets.compactMap(CIDR.init) == [range]
                && world.users(of: one.name).isEmpty
        }
    }

    /// Throws `CPIError` when there is none left to choose.
    private func range(_ present: [Network], _ same: Network?, _ world: World) throws -> CIDR {
        if let range = definition.range { return range }
        if let range = same?.subnets.compactMap(CIDR.init).first { return range }
        let configured = try world.engineInfo()["DefaultAddressPools"].array ?? []
        let pools = configured.compactMap { $0["Base"].string.flatMap(CIDR.init) }
        let taken = present.flatMap(\.subnets).compactMap(CIDR.init)
        guard
            let range = CIDR.free(
                prefix: definition.prefix, in: pools.isEmpty ? CIDR.enginesPools : pools,
                besides: taken)
        else {
            throw CPIError.cloud(
                "cannot create network: no subnet with \(definition.prefix) netmask_bits is "
                    + "free among Docker's address pools")
        }
        return range
    }

    static func subjects(of plan: Plan) -> [Subject] { [plan.cid.subject] }

    static func steps(_ plan: Plan, _ call: CreateNetwork?) -> [Step] {
        guard !plan.isThere else { return [] }
        let name = plan.cid.description
        let make = Step(
            name: "create network \(name)",
            do: { world in
                guard let call else { return }
                try world.locked(networks: [name]) {
                    guard try world.engine.network(name) == nil else {
                        throw CPIError.cloud("cannot create network \(name): there is one by now")
                    }
                    let labels = Label.made([Label.network: name], world)
                    try world.create(plan.network, call.definition.properties, labels: labels)
                    // On a worker of a swarm that takes a network to be there which cannot be seen.
                    guard try !plan.network.isOverlay || world.madeNetwork(name) != nil else {
                        throw CPIError.cloud(
                            "cannot create network \(name): this Docker host is a worker of its swarm, and "
                                + "only a manager makes the networks")
                    }
                }
            },
            verify: { try $0.madeNetwork(name) != nil },
            undo: .impossible)  // only delete_network removes it
        return [make]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.madeNetwork(plan.cid.description) != nil ? .complete : .incomplete
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON {
        // Whatever its capitals: two spellings are refused.
        var properties = definition.cloudProperties.filter { $0.key.lowercased() != "name" }
        properties["name"] = .string(plan.cid.description)
        return [
            .string(plan.cid.description),
            [
                "range": .string(plan.network.subnets.first ?? ""),
                "gateway": .string(plan.network.gateways.first ?? ""),
                "reserved": JSON(plan.reserved),
            ],
            .object(properties),
        ]
    }
}

extension World {
    /// Below API 1.48 each network has a subnet of IPv4.
    func warnOfIPv4(_ network: String) throws {
        let version = try engine.version()
        guard version < .networksWithoutIPv4 else { return }
        warn(
            "API \(version), the newest that this Engine and api_version allow, knows no network without "
                + "IPv4: VMs on \(network) get an IPv4 address of Docker's choice as well")
    }
}
