/// An IPv4 or IPv6 network: address bytes and prefix length.
struct CIDR: Hashable, CustomStringConvertible {
    let bytes: [UInt8]
    let prefix: Int

    /// The network that holds `address`.
    init(address: [UInt8], prefix: Int) {
        bytes = address.enumerated().map { index, byte in
            let bits = min(8, max(0, prefix - index * 8))
            return byte & UInt8(truncatingIfNeeded: 0xff00 >> bits)
        }
        self.prefix = prefix
    }

    /// Nil unless the text is an address, a slash and a prefix length.
    init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let address = IPAddress.bytes(String(parts[0])),
            let prefix = Int(parts[1]), (0...address.count * 8).contains(prefix)
        else { return nil }
        self.init(address: address, prefix: prefix)
    }

    func overlaps(_ other: CIDR) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        let shorter = min(prefix, other.prefix)
        return CIDR(address: bytes, prefix: shorter) == CIDR(address: other.bytes, prefix: shorter)
    }

    func contains(_ address: [UInt8]) -> Bool {
        address.count == bytes.count && CIDR(address: address, prefix: prefix) == self
    }

    /// Whether all addresses of the other one are in this one.
    func contains(_ other: CIDR) -> Bool { prefix <= other.prefix && contains(other.bytes) }

    var description: String { "\(IPAddress.text(bytes))/\(prefix)" }
}
