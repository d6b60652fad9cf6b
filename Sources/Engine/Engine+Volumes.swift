/// A volume as `GET /volumes/{name}` shows it.
public struct Volume: Sendable {
    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var name: String { json["Name"].string ?? "" }
    public var driver: String { json["Driver"].string ?? "" }
    public var labels: [String: String] { json["Labels"].strings }
    public var options: [String: String] { json["Options"].strings }
    /// Its directory on the Engine's host.
    public var mountpoint: String { json["Mountpoint"].string ?? "" }
}

/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Volume
extension Engine {
    /// `GET /volumes/{name}`, nil when there is none.
    public func volume(_ name: String) throws -> Volume? {
        try found { Volume(json: try get("/volumes/\(name.percentEncoded)")) }
    }

    /// `GET /volumes` by filters.
    public func volumes(_ filters: [String: [String]]) throws -> [Volume] {
        let query = [("filters", JSON.object(filters.mapValues { JSON($0) }).text)]
        return (try get("/volumes", query)["Volumes"].array ?? []).map(Volume.init)
    }

    /// `POST /volumes/create`. An Engine returns a volume that is there already as if it had made
    /// it, with its old labels: compare them to learn whose it is.
    public func createVolume(
        _ name: String, labels: [String: String], driver: String = "local",
        options: [String: String] = [:]
    ) throws -> Volume {
        Volume(
            json: try post(
                "/volumes/create", [],
                [
                    "Name": .string(name), "Driver": .string(driver),
                    "DriverOpts": JSON(options), "Labels": JSON(labels),
                ]))
    }

    /// `DELETE /volumes/{name}`, never forced: 409 while any container, also a stopped one, uses it.
    public func removeVolume(_ name: String) throws {
        try delete("/volumes/\(name.percentEncoded)")
    }
}
