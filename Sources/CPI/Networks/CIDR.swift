import Glibc

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

    var description: String { "\(IPAddress.text(bytes))/\(prefix)" }
}

/// Addresses as bytes, by the C library's reading of them.
enum IPAddress {
    static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four, Array.init) }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six, Array.init) }
        return nil
    }

    /// The director writes IPv6 out, Docker shortens it.
    static func isSame(_ one: String, _ other: String) -> Bool {
        one == other || bytes(one).map { $0 == bytes(other) } ?? false
    }

    static func text(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        _ = bytes.withUnsafeBytes {
            inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }

    /// The length of a netmask's run of ones; nil when it has gaps.
    static func prefixLength(ofNetmask text: String) -> Int? {
        guard let mask = bytes(text) else { return nil }
        let ones = mask.reduce(0) { $0 + $1.nonzeroBitCount }
        let clean = CIDR(address: [UInt8](repeating: 0xff, count: mask.count), prefix: ones)
        return clean.bytes == mask ? ones : nil
    }
}
