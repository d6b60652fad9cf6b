import Engine

/// One entry of create_vm's `networks`: contract §4.
struct BoshNetwork {
    enum Kind: String { case manual, dynamic, vip }

    let field: Field
    let kind: Kind
    let ip: String?
    let subnet: CIDR?
    let gateway: String?
    let isDefaultGateway: Bool
    let dockerName: String?
    let driver: String?
    let enableIPv6: Bool

    init(_ field: Field) throws {
        self.field = field
        let type = try field.member("type").optional { try $0.string() } ?? "manual"
        guard let kind = Kind(rawValue: type) else {
            throw Field.Wrong(description: "\(field.name).type must be manual, dynamic or vip")
        }
        self.kind = kind
        let isManual = kind == .manual
        if isManual, field.member("ip").value.string ?? "" == "" {
            throw Field.Wrong(description: "\(field.name).ip is required for a manual network")
        }
        // A dynamic network may carry the address that the agent reported last: not ours to set.
        ip = isManual ? try field.member("ip").address() : nil
        subnet = isManual ? try BoshNetwork.subnet(field) : nil
        gateway = isManual ? try field.member("gateway").optional { try $0.address() } : nil
        let defaults = try field.member("default").optional {
            try $0.array().map { try $0.string() }
        }
        isDefaultGateway = defaults?.contains("gateway") ?? false
        let properties = field.member("cloud_properties")
        _ = try properties.optional { try $0.object() }
        dockerName = try properties.member("name").optional { try $0.networkName() }
        driver = try properties.member("driver").optional { try $0.nonEmptyString() }
        enableIPv6 = try properties.member("enable_ipv6").optional { try $0.bool() } ?? false
        if kind == .dynamic && dockerName == nil {
            throw Field.Wrong(
                description: "\(properties.name).name is required for a dynamic network")
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
            return CIDR(address: address, prefix: length)
        }
        let prefix = try field.member("prefix").optional { try $0.string() } ?? ""
        guard let length = Int(prefix), (1..<address.count * 8).contains(length) else {
            throw Field.Wrong(description: "\(field.name).netmask is required for a manual network")
        }
        return CIDR(address: address, prefix: length)
    }
}

extension Field {
    fileprivate func address() throws -> String {
        let text = try string()
        guard IPAddress.bytes(text) != nil else {
            throw Field.Wrong(description: "\(name) is not an IP address")
        }
        return text
    }

    fileprivate func networkName() throws -> String {
        let text = try nonEmptyString()
        guard text.utf8.count <= 200, text.utf8.allSatisfy({ $0.isNameCharacter }),
            text.utf8.first?.isAlphanumeric == true
        else { throw Field.Wrong(description: "\(name) is not a name that Docker accepts") }
        return text
    }
}
