import Engine

extension Container {
    /// The addresses by network, as `IPAMConfig`. podman shows no wishes of an endpoint, only what it has: a
    /// replacement asks for that, and a dynamic address becomes a static one. Throws `CPIError` where it has none: a
    /// container that does not run.
    func seenAddresses(_ vm: VMCID) throws -> [String: JSON] {
        try endpoints.sorted { $0.key < $1.key }.reduce(into: [String: JSON]()) { all, one in
            let (network, endpoint) = one
            var seen: JSON = [:]
            for (key, wish) in [("IPAddress", "IPv4Address"), ("GlobalIPv6Address", "IPv6Address")]
            {
                if let text = endpoint[key].string, !text.isEmpty { seen[wish] = .string(text) }
            }
            guard seen != [:] else {
                throw CPIError.cloud(
                    isRunning
                        ? "podman tells no address of VM \(vm) on network \(network): it could not be carried over"
                        : "VM \(vm) does not run, and podman tells no addresses of such a "
                            + "container; next: reboot_vm, and repeat the call")
            }
            all[network] = seen
        }
    }
}
