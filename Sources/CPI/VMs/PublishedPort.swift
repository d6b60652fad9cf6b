import Engine

/// A port of a VM that its host publishes, as Docker's clients write it:
/// `[[HOST-IP:][HOST-PORT]:]PORT[/tcp|/udp]`. Ports may be spans, `8000-8005`.
struct PublishedPort: Equatable {
    /// As Docker has it: `6868/tcp`.
    let port: String
    /// Empty for all addresses of the host.
    let hostIP: String
    /// Empty for one that Docker chooses; a span for one of that.
    let hostPort: String

    var binding: JSON {
        var binding: JSON = ["HostPort": .string(hostPort)]
        if !hostIP.isEmpty { binding["HostIp"] = .string(hostIP) }
        return binding
    }

    /// All that one text asks for: a span on both sides pairs them. Throws `Field.Wrong`.
    static func parse(_ field: Field) throws -> [PublishedPort] {
        let wrong = Field.Wrong(
            description:
                "\(field.name) must be [[HOST-IP:][HOST-PORT]:]PORT/tcp or /udp, with ports "
                + "from 1 to 65535 or spans of them")
        // A port alone is a number in YAML.
        let text = try field.value.int.map(String.init) ?? field.string()
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        let kind = halves.count == 2 ? halves[1] : "tcp"
        guard halves.count <= 2, ["tcp", "udp"].contains(kind),
            let (ip, host, inside) = split(halves[0]), let span = span(inside)
        else { throw wrong }
        guard !host.isEmpty else {
            return span.map { PublishedPort(port: "\($0)/\(kind)", hostIP: ip, hostPort: "") }
        }
        guard let outside = self.span(host), outside.count == span.count || span.count == 1 else {
            throw wrong
        }
        // One port inside and a span outside: Docker takes the first that is free.
        if span.count == 1 {
            return [PublishedPort(port: "\(inside)/\(kind)", hostIP: ip, hostPort: String(host))]
        }
        return zip(span, outside).map {
            PublishedPort(port: "\($0)/\(kind)", hostIP: ip, hostPort: "\($1)")
        }
    }

    /// A list of them. Throws `Field.Wrong`, also for more than `most`: Docker starts a process for each, and answers
    /// nobody meanwhile.
    static func parseAll(_ field: Field) throws -> [PublishedPort] {
        var ports: [PublishedPort] = []
        for each in try field.array() {
            ports += try parse(each)
            guard ports.count <= most else {
                throw Field.Wrong(description: "\(field.name) has more than \(most) ports")
            }
        }
        return ports
    }

    static let most = 1_000

    /// HostConfig.PortBindings: for each port all that was asked for.
    static func bindings(_ ports: [PublishedPort]) -> [String: JSON] {
        Dictionary(grouping: ports, by: \.port).mapValues { .array($0.map(\.binding)) }
    }

    private static func split(_ text: Substring) -> (ip: String, host: Substring, port: Substring)?
    {
        guard let colon = text.lastIndex(of: ":") else { return ("", "", text) }
        let port = text[text.index(after: colon)...]
        let before = text[..<colon]
        // What is before the last but one is an address; IPv6 has brackets.
        guard let second = before.lastIndex(of: ":"), !before.hasSuffix("]") else {
            return before.isEmpty ? nil : ("", before, port)
        }
        let ip = String(before[..<second])
        let bare = ip.hasPrefix("[") && ip.hasSuffix("]") ? String(ip.dropFirst().dropLast()) : ip
        guard let bytes = IPAddress.bytes(bare), bytes.count == 4 || bare != ip else { return nil }
        return (bare, before[before.index(after: second)...], port)
    }

    private static func span(_ text: Substring) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        let digits = ends.allSatisfy {
            !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) }
        }
        guard digits, ends.count <= 2, let first = ends.first.flatMap({ Int($0) }),
            let last = ends.last.flatMap({ Int($0) }), 1 <= first, first <= last, last <= 65_535
        else { return nil }
        return first...last
    }
}
