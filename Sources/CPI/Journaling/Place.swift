/// Where the lock of an operation's owner can be seen: a lock directory, on a machine, since its last boot. Who
/// uses another directory (another user, mount namespace or container) cannot see whether an owner lives, and is
/// at another place although it is the same machine.
///
/// As text, in labels and intents: "HOST MACHINE-ID BOOT DEVICE:INODE".
struct Place: Equatable, Sendable, CustomStringConvertible {
    let machine: Machine
    /// "DEVICE:INODE" of the lock directory; "-" where no lock can be had. Nil in the older form.
    let directory: String?

    init(_ machine: Machine, directory: String?) {
        self.machine = machine
        self.directory = directory
    }

    /// Nil for what is no place.
    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 3).map(String.init)
        guard parts.count >= 3 else { return nil }
        machine = Machine(host: parts[0], id: parts[1], boot: parts[2])
        directory = parts.count > 3 ? parts[3] : nil
    }

    var description: String {
        [machine.host, machine.id, machine.boot, directory].compactMap(\.self)
            .joined(separator: " ")
    }

    /// Whether locks are seen at both alike. Host and machine id only explain.
    func isSame(as other: Place) -> Bool {
        machine.boot == other.machine.boot && directory == other.directory
    }
}
