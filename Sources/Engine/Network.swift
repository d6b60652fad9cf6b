/// A network as `GET /networks/{id}` shows it.
public struct Network: Sendable {
    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var id: String { json["Id"].string ?? "" }
    public var name: String { json["Name"].string ?? "" }
    public var driver: String { json["Driver"].string ?? "" }
    public var labels: [String: String] { json["Labels"].strings }
    public var options: [String: String] { json["Options"].strings }
    /// Without a way to the outside.
    public var isInternal: Bool { json["Internal"].bool ?? false }
    public var enablesIPv6: Bool { json["EnableIPv6"].bool ?? false }
    public var subnets: [String] {
        (json["IPAM"]["Config"].array ?? []).compactMap { $0["Subnet"].string }
    }
    public var gateways: [String] {
        (json["IPAM"]["Config"].array ?? []).compactMap { $0["Gateway"].string }
    }

    /// Running containers, in the order of their names.
    public var holders: [Holder] {
        (json["Containers"].object ?? [:]).values.map { entry in
            Holder(
                name: entry["Name"].string ?? "",
                addresses: [entry["IPv4Address"].string, entry["IPv6Address"].string]
                    .compactMap(\.self).filter { !$0.isEmpty })
        }.sorted { $0.name < $1.name }
    }

    /// A container on the network.
    public struct Holder: Sendable {
        public let name: String
        /// With their prefix lengths.
        public let addresses: [String]

        public var plainAddresses: [String] { addresses.map { String($0.prefix { $0 != "/" }) } }
    }
}
