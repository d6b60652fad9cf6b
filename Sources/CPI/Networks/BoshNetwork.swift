import Engine

/// One entry of create_vm's `networks`: contract §4.
struct BoshNetwork {
    /// Who chooses the address: the director, Docker, or somebody outside.
    enum Kind: String { case manual, dynamic, vip }

    let field: Field
    let kind: Kind
    /// Docker is to give the VM this address; of a VIP, what the outside knows it by.
    let ip: String?
    let subnet: CIDR?
    let gateway: String?
    /// What `default` makes this network decide: gateway, dns and the like.
    let defaults: [String]
    let dns: [String]
    /// Networks of one group are one interface.
    let nicGroup: String?
    /// Of several addresses that the VM has from `ip` on; nil where it has one.
    let delegated: CIDR?
    let properties: NetworkProperties

    init(_ field: Field) throws {
        self.field = field
        _ = try field.object()
        let type = try field.member("type").optional { try $0.string() } ?? "manual"
        guard let kind = Kind(rawValue: type) else {
            throw Field.Wrong(description: "\(field.name).type must be manual, dynamic or vip")
        }
        self.kind = kind
        let given = field.member("ip").value
        if kind == .manual, given.isNull || given.string == "" {
            throw Field.Wrong(description: "\(field.name).ip is required for a manual network")
        }
        // A dynamic network may carry the address that the agent reported last: not ours to set.
        ip =
            switch kind {
            case .manual: try field.member("ip").address()
            case .vip: try field.member("ip").optional { try $0.address() }
            case .dynamic: nil
            }
        let isManual = kind == .manual
        subnet = isManual ? try BoshNetwork.subnet(field) : nil
        delegated = isManual ? try BoshNetwork.delegated(field, within: subnet) : nil
        gateway = isManual ? try field.member("gateway").optional { try $0.address() } : nil
        if let gateway, let subnet, !subnet.contains(IPAddress.bytes(gateway) ?? []) {
            throw Field.Wrong(description: "\(field.name).gateway is not in \(subnet)")
        }
        if let gateway, let ip, IPAddress.isSame(gateway, ip) {
            throw Field.Wrong(description: "\(field.name).ip is that of the gateway")
        }
        defaults =
            try field.member("default").optional { try $0.array().map { try $0.string() } } ?? []
        dns = try field.member("dns").optional { try $0.array().map { try $0.address() } } ?? []
        nicGroup = try field.member("nic_group").optional {
            try $0.value.int.map(String.init) ?? $0.nonEmptyString()
        }
        properties = try NetworkProperties(field.member("cloud_properties"))
        if kind == .dynamic && properties.name == nil {
            throw Field.Wrong(
                description:
                    "\(field.name).cloud_properties.name is required for a dynamic network")
        }
    }

    /// From ip and netmask, or ip and a prefix that is no host's ("32" is the director's default).
    private static func subnet(_ field: Field) throws -> CIDR {
        let address = IPAddress.bytes(try field.member("ip").address()) ?? []
        if let netmask = try field.member("netmask").optional({ try $0.string() }), !netmask.isEmpty
        {
            guard let length = IPAddress.prefixLength(ofNetmask: netmask),
                IPAddress.bytes(netmask)?.count == address.count
            else { throw Field.Wrong(description: "\(field.name).netmask is not a netmask") }
            return try CIDR(address: address, prefix: length).requireHost(address, field)
        }
        guard let length = try prefix(field, of: address), length < address.count * 8 else {
            throw Field.Wrong(description: "\(field.name).netmask is required for a manual network")
        }
        return try CIDR(address: address, prefix: length).requireHost(address, field)
    }

    /// Beside a netmask the prefix says how many addresses the VM has.
    private static func delegated(_ field: Field, within subnet: CIDR?) throws -> CIDR? {
        let address = IPAddress.bytes(try field.member("ip").address()) ?? []
        guard let subnet, let length = try prefix(field, of: address),
            length < address.count * 8, length != subnet.prefix
        else { return nil }
        guard length > subnet.prefix else {
            throw Field.Wrong(
                description: "\(field.name).prefix is shorter than the subnet's (\(subnet.prefix))")
        }
        return CIDR(address: address, prefix: length)
    }

    /// Nil where there is none. Throws `Field.Wrong` for what is no prefix of such an address.
    private static func prefix(_ field: Field, of address: [UInt8]) throws -> Int? {
        let member = field.member("prefix")
        guard !member.isAbsent, member.value.string != "" else { return nil }
        let number = member.value.int ?? member.value.string.flatMap { Int($0) }
        guard let number, (1...address.count * 8).contains(number) else {
            throw Field.Wrong(
                description: "\(member.name) must be between 1 and \(address.count * 8)")
        }
        return number
    }
}

extension CIDR {
    /// Throws `Field.Wrong` for the first and the last address of an IPv4 subnet, which no host can have.
    fileprivate func requireHost(_ address: [UInt8], _ field: Field) throws -> CIDR {
        guard isHost(address) else {
            throw Field.Wrong(
                description: "\(field.name).ip is the network or broadcast address of \(self)")
        }
        return self
    }

    /// Whether a host can have the address: not the first and the last one of an IPv4 subnet.
    func isHost(_ address: [UInt8]) -> Bool {
        let ones = bytes.enumerated().map { index, byte in
            byte | UInt8(0xff >> min(8, max(0, prefix - index * 8)))
        }
        return bytes.count != 4 || prefix > 30 || ![bytes, ones].contains(address)
    }
}
