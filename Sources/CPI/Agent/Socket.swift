/// One line of /proc/net/tcp or tcp6.
struct Socket: Equatable {
    /// One end of a connection as the kernel lists it.
    private struct End: Equatable {
        let address: [UInt8]
        let port: Int
    }
    private let local: End
    private let remote: End
    private let state: Substring

    init?(_ line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count > 3, let local = Socket.end(fields[1]),
            let remote = Socket.end(fields[2])
        else { return nil }
        self.local = local
        self.remote = remote
        state = fields[3]
    }

    /// Established (01) to the bus, or listening (0A) on its port.
    func serves(_ bus: Bus) -> Bool {
        if bus.isListener { return state == "0A" && local.port == bus.port }
        guard state == "01", remote.port == bus.port else { return false }
        return bus.addresses.isEmpty || bus.addresses.contains(remote.address)
    }

    /// `0100007F:1F90`: words of four bytes, each in the host's order, which is little-endian here.
    private static func end(_ text: Substring) -> End? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1], radix: 16) else { return nil }
        var digits = parts[0][...]
        var bytes: [UInt8] = []
        while digits.count >= 8 {
            guard let word = UInt32(digits.prefix(8), radix: 16) else { return nil }
            bytes += withUnsafeBytes(of: word.littleEndian, Array.init)
            digits = digits.dropFirst(8)
        }
        // An IPv4 peer of an IPv6 socket.
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return End(
            address: bytes.starts(with: mapped) ? Array(bytes.dropFirst(12)) : bytes, port: port)
    }
}
