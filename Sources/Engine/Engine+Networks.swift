/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Network
extension Engine {
    /// `GET /networks/{name}`, nil when there is none. Docker answers as well for the beginning of an
    /// id, which is not what was asked for.
    public func network(_ name: String) throws -> Network? {
        let network = try found { Network(json: try inspected("/networks/\(name.percentEncoded)")) }
        return network?.name == name ? network : nil
    }

    /// `GET /networks`: all of them.
    public func networks() throws -> [Network] {
        try list("/networks").map(Network.init)
    }

    /// `GET /networks` by name: those that have one of these names, and others whose names have it in
    /// them, for a filter matches parts.
    public func networks(named names: [String]) throws -> [Network] {
        let filters: Filters = ["name": names]
        return try list("/networks", [filters.parameter]).map(Network.init)
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

    /// `DELETE /networks/{id}`, the name as well: 403 while a running container is connected.
    public func removeNetwork(_ id: String) throws {
        try delete("/networks/\(id.percentEncoded)")
    }
}
