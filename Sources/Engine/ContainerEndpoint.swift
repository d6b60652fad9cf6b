/// A container on one of its networks.
public struct ContainerEndpoint: Sendable {
    /// As Docker shows it.
    public let json: JSON
    public subscript(key: String) -> JSON { json[key] }

    /// What it has now, IPv4 first; empty while the container is stopped.
    public var addresses: [String] {
        ContainerEndpoint.texts(json, ["IPAddress", "GlobalIPv6Address"])
    }
    /// What it was created to have, IPv4 first. podman does not show it.
    public var askedAddresses: [String] {
        ContainerEndpoint.texts(json["IPAMConfig"], ["IPv4Address", "IPv6Address"])
    }
    /// The one of them that is IPv4.
    public var askedIPv4: String? { json["IPAMConfig"]["IPv4Address"].string }
    /// Nil while it has none: from Docker 28 on while the container is stopped.
    public var mac: String? { ContainerEndpoint.texts(json, ["MacAddress"]).first }
    /// By which Docker knows the network: one made again under the old name has another.
    public var networkID: String? { json["NetworkID"].string }

    private static func texts(_ json: JSON, _ keys: [String]) -> [String] {
        keys.compactMap { json[$0].string }.filter { !$0.isEmpty }
    }
}
