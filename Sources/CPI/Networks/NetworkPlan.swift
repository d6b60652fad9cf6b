import Engine

/// One Docker network that a VM is going to be on: how it should be, and the VM's place in it.
struct NetworkPlan: Codable {
    var name: String
    /// It was not there when the plan was made.
    var isMissing = false
    /// It was there, made by a CPI, and another call may remove it.
    var mayGo = false
    var driver: String
    var subnets: [String] = []
    var gateways: [String] = []
    var enableIPv6 = false
    var ipv4: String?
    var ipv6: String?
    var mac: String
    /// The VM's default route goes through it.
    var isDefault = false

    /// Where nothing says which.
    static let usualDriver = "bridge"
    static let overlay = "overlay"
    var isOverlay: Bool { driver == NetworkPlan.overlay }

    /// The body of `POST /networks/create`. `properties` are not in the plan: options may be secret.
    func spec(_ properties: NetworkProperties, labels: [String: String], _ version: APIVersion)
        -> JSON
    {
        let pools = subnets.map { subnet in
            var pool: JSON = ["Subnet": .string(subnet)]
            if let network = CIDR(subnet),
                let gateway = gateways.first(where: { network.contains(IPAddress.bytes($0) ?? []) })
            {
                pool["Gateway"] = .string(gateway)
            }
            return pool
        }
        var spec: JSON = [
            "Name": .string(name), "Driver": .string(driver), "CheckDuplicate": true,
            "EnableIPv6": .bool(enableIPv6), "Labels": JSON(labels),
        ]
        if !pools.isEmpty { spec["IPAM"] = ["Driver": "default", "Config": .array(pools)] }
        if isWithoutIPv4, version >= .networksWithoutIPv4 { spec["EnableIPv4"] = false }
        // Else only the tasks of swarm services could be on it.
        if isOverlay { spec["Attachable"] = true }
        if properties.isInternal { spec["Internal"] = true }
        if !properties.options.isEmpty { spec["Options"] = JSON(properties.options) }
        return spec
    }

    /// Nothing but IPv6 is asked for.
    var isWithoutIPv4: Bool { !subnets.isEmpty && subnets.allSatisfy { $0.contains(":") } }

    /// The VM's endpoint. A pinned MAC keeps the ARP caches of other hosts true.
    func endpoint(_ version: APIVersion) -> JSON {
        var endpoint: JSON = [:]
        var addresses: JSON = [:]
        if let ipv4 { addresses["IPv4Address"] = .string(ipv4) }
        if let ipv6 { addresses["IPv6Address"] = .string(ipv6) }
        if addresses != [:] { endpoint["IPAMConfig"] = addresses }
        if version >= .severalEndpointsOnCreate { endpoint["MacAddress"] = .string(mac) }
        if version >= .gatewayPriority { endpoint["GwPriority"] = isDefault ? 1 : 0 }
        return endpoint
    }

    /// Throws `CPIError` when a network of this name is there with other subnets, or with another driver
    /// than is asked for by name.
    func requireSame(as network: Network, _ properties: NetworkProperties, _ world: World) throws {
        try require(network, properties, world) { wanted, present in present.contains(wanted) }
    }

    /// As `requireSame`, but other subnets do where the VM can have its addresses: BOSH may have several networks in one
    /// of Docker's. Throws `CPIError`.
    func requireRoom(in network: Network, _ properties: NetworkProperties, _ world: World) throws {
        try require(network, properties, world) { wanted, present in
            present.contains { $0.contains(wanted) || hasAddress(of: wanted, in: $0) }
        }
    }

    private func hasAddress(of wanted: CIDR, in present: CIDR) -> Bool {
        [ipv4, ipv6].compactMap(\.self).compactMap(IPAddress.bytes).contains {
            wanted.contains($0) && present.contains($0)
        }
    }

    private func require(
        _ network: Network, _ properties: NetworkProperties, _ world: World,
        isFit: (CIDR, [CIDR]) -> Bool
    ) throws {
        let present = network.subnets.compactMap(CIDR.init)
        let users = { try world.listOfUsers(of: name).map { " (\($0) on it)" } ?? "" }
        guard subnets.compactMap(CIDR.init).allSatisfy({ isFit($0, present) }) else {
            throw CPIError.cloud(
                "network \(name) is there with subnet \(network.subnets.joined(separator: ", "))"
                    + "\(try users()), but \(subnets.joined(separator: ", ")) is asked for")
        }
        guard let asked = properties.driver, asked != network.driver else { return }
        throw CPIError.cloud(
            "network \(name) is there with driver \(network.driver)\(try users()), "
                + "but \(asked) is asked for")
    }

    /// A warning for each subnet that is asked for where the network's is smaller: a VM that BOSH gives an address outside
    /// of that one cannot be made there.
    func smallerSubnets(of network: Network) -> [String] {
        let present = network.subnets.compactMap(CIDR.init)
        return subnets.compactMap(CIDR.init).filter { wanted in
            !present.contains { $0.contains(wanted) }
        }.map { wanted in
            "network \(name) is there with subnet \(network.subnets.joined(separator: ", ")): of the "
                + "\(wanted) that is asked for VMs can have those addresses alone"
        }
    }

    /// A warning for each gateway that is asked for where the network has another one: Docker takes the
    /// network's, and nothing else can be set for one container.
    func otherGateways(than network: Network) -> [String] {
        gateways.compactMap { asked in
            let bytes = IPAddress.bytes(asked)
            let present = network.gateways.filter { IPAddress.bytes($0)?.count == bytes?.count }
            guard let first = present.first,
                !present.contains(where: { IPAddress.bytes($0) == bytes })
            else { return nil }
            return "network \(name) is there with gateway \(first), which the VM's route goes by; "
                + "\(asked) is asked for"
        }
    }
}

extension Network {
    func overlaps(_ others: [String]) -> Bool {
        let mine = subnets.compactMap(CIDR.init)
        return others.compactMap(CIDR.init).contains { other in mine.contains { $0.overlaps(other) }
        }
    }
}
