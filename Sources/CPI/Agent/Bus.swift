/// Where an agent's messages come from.
struct Bus {
    let isListener: Bool
    /// As the URL has it, without brackets.
    let host: String
    /// Empty for a name that nobody has resolved: then the port has to do.
    private(set) var addresses: [[UInt8]]
    let port: Int

    /// The port that the agent's NATS client uses when the URL names none.
    private static let natsPort = 4222

    init?(_ url: String) {
        guard let end = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<end.lowerBound]
        var authority = url[end.upperBound...].prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") {
            authority = authority[authority.index(after: at)...]
        }
        guard ["nats", "https"].contains(scheme) else { return nil }
        isListener = scheme == "https"
        let colon = authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":")
        let text = colon.map { authority[authority.index(after: $0)...] }
        guard let port = text.map({ Int($0) }) ?? (isListener ? nil : Bus.natsPort) else {
            return nil
        }
        host = authority[..<(colon ?? authority.endIndex)].filter { $0 != "[" && $0 != "]" }
        addresses = IPAddress.bytes(host).map { [$0] } ?? []
        self.port = port
    }

    /// With the addresses that its name was found to have.
    func resolved(_ found: [String]) -> Bus {
        var copy = self
        if addresses.isEmpty { copy.addresses = found.compactMap(IPAddress.bytes) }
        return copy
    }
}
