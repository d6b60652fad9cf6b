import Engine

/// One Docker network that a VM is going to be on: how it should be, and the VM's place in it.
struct NetworkPlan: Codable {
    var name: String
    /// It was not there when the plan was made.
    var isMissing = false
    var driver: String
    var subnets: [String] = []
    var gateways: [String] = []
    var enableIPv6 = false
    var ipv4: String?
    var ipv6: String?
    var mac: String
    /// The VM's default route goes through it.
    var isDefault = false

    /// The body of `POST /networks/create`.
    func spec(labels: [String: String]) -> JSON {
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
        return spec
    }

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

    /// Throws when a network of this name is there with other subnets than the VM needs.
    func requireSame(as network: Network) throws {
        let wanted = subnets.compactMap(CIDR.init)
        let present = network.subnets.compactMap(CIDR.init)
        guard wanted.allSatisfy(present.contains) else {
            throw CPIError(
                kind: .cloud,
                message:
                    "network \(name) is there with subnet \(network.subnets.joined(separator: ", ")), "
                    + "but \(subnets.joined(separator: ", ")) is asked for")
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
