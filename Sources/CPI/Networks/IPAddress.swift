import Glibc

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

    /// Whether it is an address of the host itself: 127.0.0.0/8 or ::1.
    static func isLoopback(_ text: String) -> Bool {
        guard let bytes = bytes(text) else { return false }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
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
