/// A network as `GET /networks/{id}` shows it.
public struct Network: Sendable {
    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var id: String { json["Id"].string ?? "" }
    public var name: String { json["Name"].string ?? "" }
    public var driver: String { json["Driver"].string ?? "" }
    public var labels: [String: String] { json["Labels"].strings }
    public var subnets: [String] {
        (json["IPAM"]["Config"].array ?? []).compactMap { $0["Subnet"].string }
    }
    /// Running containers: name and addresses (with prefix length) of each.
    public var holders: [(name: String, addresses: [String])] {
        (json["Containers"].object ?? [:]).values.map {
            (
                name: $0["Name"].string ?? "",
                addresses: [$0["IPv4Address"].string, $0["IPv6Address"].string].compactMap(\.self)
            )
        }
    }
}

/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Network
extension Engine {
    /// `GET /networks/{name}`, nil when there is none.
    public func network(_ name: String) throws -> Network? {
        try found { Network(json: try get("/networks/\(name.percentEncoded)")) }
    }

    /// `GET /networks`: all of them.
    public func networks() throws -> [Network] {
        (try get("/networks").array ?? []).map(Network.init)
    }

    /// `POST /networks/create`. On 20.10 two at once make two networks of one name: hold a lock.
    public func createNetwork(_ spec: JSON) throws {
        try order("/networks/create", [], spec)
    }

    /// `POST /networks/{name}/connect`.
    public func connect(_ container: String, to network: String, endpoint: JSON) throws {
        try order(
            "/networks/\(network.percentEncoded)/connect", [],
            ["Container": .string(container), "EndpointConfig": endpoint])
    }

    /// `DELETE /networks/{name}`: 403 while a running container is connected.
    public func removeNetwork(_ name: String) throws {
        try delete("/networks/\(name.percentEncoded)")
    }
}
