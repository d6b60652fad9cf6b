import Engine
import Foundation

extension FakeDocker {
    func networks(_ call: Call) throws -> Response {
        let name = call.parts.count > 1 ? call.parts[1] : ""
        switch (call.request.method, call.parts.count, call.parts.last ?? "") {
        case ("GET", 1, _):
            let wanted = call.filters["name"]
            let found = state.networks.filter { network in
                wanted?.contains { network.name.contains($0) } ?? true
            }
            let isBuiltIn = wanted?.contains { "none".contains($0) } ?? true
            return ok(.array((isBuiltIn ? builtIn : []) + found.map(json)))
        case ("GET", 2, _): return ok(json(try network(name)))
        case ("POST", 2, "create"): return try createNetwork(call.body)
        case ("POST", 3, "connect"): return try connect(call, to: try network(name))
        case ("DELETE", 2, _): return try removeNetwork(name)
        default: throw NoSuchCall(request: call.request.summary)
        }
    }

    /// Podman has none.
    private var builtIn: [JSON] {
        let id = "\(state.daemon) none"
        return state.buildah == nil
            ? [["Name": "none", "Id": .string(id), "Driver": "null", "Scope": "local"]] : []
    }

    /// By name or id.
    private func network(_ name: String) throws -> State.Network {
        guard let network = state.network(name) ?? state.networks.first(where: { $0.id == name })
        else {
            throw Refusal(404, "network \(name) not found")
        }
        return network
    }

    private func createNetwork(_ body: JSON) throws -> Response {
        let name = body["Name"].string ?? ""
        tell("create network \(name)")
        guard state.network(name) == nil else {
            throw Refusal(409, "network with name \(name) already exists")
        }
        let pools = body["IPAM"]["Config"].array ?? []
        var subnets = pools.compactMap { $0["Subnet"].string }
        let taken = state.networks.flatMap(\.subnets)
        guard !subnets.contains(where: { mine in taken.contains { Pool.overlap(mine, $0) } }) else {
            guard state.buildah == nil else {
                throw Refusal(
                    500, "subnet \(subnets[0]) is already used on the host or by another config")
            }
            throw Refusal(403, "Pool overlaps with other one on this address space")
        }
        if subnets.isEmpty { subnets = ["172.\(18 + state.networks.count).0.0/16"] }
        let id = state.newID()
        state.networks.append(
            State.Network(
                id: id, name: name, driver: body["Driver"].string ?? "bridge", subnets: subnets,
                gateways: pools.compactMap { $0["Gateway"].string }, labels: body["Labels"].strings,
                enableIPv6: body["EnableIPv6"].bool ?? false, spec: body))
        return ok(["Id": .string(id), "Warning": ""], status: 201)
    }

    private func connect(_ call: Call, to network: State.Network) throws -> Response {
        let body = call.body
        let index = try containerIndex(body["Container"].string ?? "")
        tell("connect \(state.containers[index].name) to \(network.name)")
        guard state.containers[index].endpoints[network.name] == nil else {
            throw Refusal(
                403,
                "endpoint with name \(state.containers[index].name) already exists in network \(network.name)"
            )
        }
        var endpoint = FakeDocker.endpoint(body["EndpointConfig"])
        if state.containers[index].isRunning { try join(&endpoint, network) }
        state.containers[index].endpoints[network.name] = endpoint
        return Response(status: 200)
    }

    private func removeNetwork(_ name: String) throws -> Response {
        let network = try network(name)
        tell("remove network \(network.name)")
        guard network.name != "bridge" else {
            throw Refusal(403, "bridge is a pre-defined network and cannot be removed")
        }
        guard holders(network).isEmpty else {
            throw Refusal(
                403,
                "error while removing network: network \(name) id \(network.id) has active endpoints"
            )
        }
        state.networks.removeAll { $0.id == network.id }
        return Response(status: 204)
    }

    /// An address for a container that starts: the one that it asks for, else a free one.
    func join(_ endpoint: inout State.Endpoint, _ network: State.Network) throws {
        let taken =
            holders(network).compactMap { $0.endpoints[network.name]?.address }
            + network.subnets.map { network.gateways.first ?? Pool.address($0, 1) }
        let wish = endpoint.config["IPAMConfig"]["IPv4Address"].string
        if let wish {
            guard network.subnets.contains(where: { Pool.overlap($0, wish + "/32") }) else {
                throw Refusal(400, "no configured subnet contains IP address \(wish)")
            }
            guard !taken.contains(wish) || state.buildah == nil else {
                throw Refusal(
                    500,
                    "IPAM error: requested ip address \(wish) is already allocated to container ID 1"
                )
            }
            guard !taken.contains(wish) else { throw Refusal(403, "Address already in use") }
        }
        guard !network.subnets.allSatisfy({ $0.contains(":") }) else {
            endpoint.address = endpoint.config["IPAMConfig"]["IPv6Address"].string ?? ""
            endpoint.mac = endpoint.pinnedMAC ?? "02:42:ac:00:00:01"
            return
        }
        let free = (2...250).lazy.map { Pool.address(network.subnets[0], $0) }
            .first { !taken.contains($0) }
        let address = wish ?? free ?? ""
        endpoint.address = address
        let bytes = address.split(separator: ".").compactMap { UInt8($0) }
        endpoint.mac =
            endpoint.pinnedMAC ?? (["02", "42"] + bytes.map(Pool.hex)).joined(separator: ":")
    }

    static func endpoint(_ config: JSON) -> State.Endpoint {
        State.Endpoint(
            config: config, pinnedMAC: config["MacAddress"].string.flatMap { $0.isEmpty ? nil : $0 }
        )
    }

    private func holders(_ network: State.Network) -> [State.Container] {
        state.containers.filter { $0.isRunning && $0.endpoints[network.name] != nil }
    }

    private func json(_ network: State.Network) -> JSON {
        let holders = holders(network).map { container in
            let endpoint = container.endpoints[network.name]
            let json: JSON = [
                "Name": .string(container.name), "MacAddress": .string(endpoint?.mac ?? ""),
                "IPv4Address": .string((endpoint?.address ?? "") + "/24"), "IPv6Address": "",
            ]
            return (container.id, json)
        }
        let pools = network.subnets.map { subnet -> JSON in
            let gateway = network.gateways.first { Pool.overlap(subnet, $0 + "/32") }
            return gateway.map { ["Subnet": .string(subnet), "Gateway": .string($0)] }
                ?? ["Subnet": .string(subnet)]
        }
        return [
            "Name": .string(network.name), "Id": .string(network.id), "Scope": "local",
            "Driver": .string(network.driver), "EnableIPv6": .bool(network.enableIPv6),
            "IPAM": ["Driver": "default", "Config": .array(pools)],
            "Labels": JSON(network.labels),
            "Containers": .object(Dictionary(uniqueKeysWithValues: holders)),
        ]
    }
}

/// IPv4 pools, apart from the code under test.
enum Pool {
    static func overlap(_ one: String, _ other: String) -> Bool {
        guard let (a, i) = parts(one), let (b, j) = parts(other) else { return one == other }
        let shift = UInt32(32 - min(i, j))
        return shift >= 32 || a >> shift == b >> shift
    }

    /// The n-th address of a subnet.
    static func address(_ subnet: String, _ n: UInt32) -> String {
        guard let (base, _) = parts(subnet) else { return "" }
        let number = base + n
        return [24, 16, 8, 0].map { String(number >> UInt32($0) & 255) }.joined(separator: ".")
    }

    static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func parts(_ text: String) -> (UInt32, Int)? {
        let halves = text.split(separator: "/")
        let bytes = halves[0].split(separator: ".").compactMap { UInt32($0) }
        guard halves.count == 2, bytes.count == 4, let prefix = Int(halves[1]) else { return nil }
        return (bytes.reduce(0) { $0 << 8 | $1 }, prefix)
    }
}
