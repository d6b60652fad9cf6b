import Engine

/// create_network's argument: what a director says of a subnet whose Docker network is to be made.
struct SubnetDefinition {
    /// The subnet; nil where the CPI may choose one.
    let range: CIDR?
    let gateway: String?
    /// How large a subnet to choose.
    let prefix: Int
    let properties: NetworkProperties
    /// As it came: it goes back to the director with the name added.
    let cloudProperties: [String: JSON]

    /// Throws `Field.Wrong` that names the key.
    init(_ field: Field) throws {
        _ = try field.object()
        let type = try field.member("type").optional { try $0.string() } ?? "manual"
        guard type == "manual" else {
            throw Field.Wrong(description: "\(field.name).type must be manual")
        }
        properties = try NetworkProperties(field.member("cloud_properties"))
        cloudProperties = try field.member("cloud_properties").optional { try $0.object() } ?? [:]
        let bits = try field.member("netmask_bits").optional { try $0.int(1...126) }
        let given = try field.member("range").optional { try SubnetDefinition.range($0) }
        gateway = try field.member("gateway").optional { try $0.address() }
        let address = gateway.flatMap(IPAddress.bytes)
        prefix = bits ?? (address?.count == 16 ? 64 : 24)
        guard given != nil || address?.count == 16 || (8...29).contains(prefix) else {
            throw Field.Wrong(description: "\(field.name).netmask_bits must be between 8 and 29")
        }
        // A gateway tells the subnet as soon as its size is known.
        range = given ?? address.map { [prefix] in CIDR(address: $0, prefix: prefix) }
        if let address, let range, !range.contains(address) {
            throw Field.Wrong(description: "\(field.name).gateway is not in \(field.name).range")
        }
        if let address, let range, !range.isHost(address) {
            throw Field.Wrong(
                description: "\(field.name).gateway is the network or broadcast address of \(range)"
            )
        }
    }

    private static func range(_ field: Field) throws -> CIDR {
        guard let range = CIDR(try field.string()), range.prefix > 0,
            range.prefix <= range.bytes.count * 8 - 2
        else {
            throw Field.Wrong(
                description: "\(field.name) is not a subnet: ADDRESS/BITS, with room for hosts")
        }
        return range
    }
}

extension CIDR {
    /// The address so many places after the network's own.
    func address(_ offset: Int) -> String {
        var bytes = bytes
        var carry = offset
        for index in bytes.indices.reversed() where carry > 0 {
            carry += Int(bytes[index])
            bytes[index] = UInt8(carry & 0xff)
            carry >>= 8
        }
        return IPAddress.text(bytes)
    }

    /// The first subnet of that size in one of the `pools` that overlaps with none of `taken`.
    static func free(prefix: Int, in pools: [CIDR], besides taken: [CIDR]) -> CIDR? {
        for pool in pools where pool.prefix <= prefix && pool.bytes.count == 4 {
            let count = 1 << min(prefix - pool.prefix, 16)
            for index in 0..<count {
                let start = pool.address(index << (32 - prefix))
                guard let bytes = IPAddress.bytes(start) else { continue }
                let subnet = CIDR(address: bytes, prefix: prefix)
                if !taken.contains(where: { $0.overlaps(subnet) }) { return subnet }
            }
        }
        return nil
    }

    /// Where an Engine takes subnets from that it chooses itself, unless it is configured otherwise.
    static let enginesPools = ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"].compactMap(
        CIDR.init)
}
