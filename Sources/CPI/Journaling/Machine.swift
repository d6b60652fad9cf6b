import Engine
import Glibc

/// A machine that a CPI runs on, since its last boot: on the same one, locks tell who lives.
/// What it does not say of itself is "-".
struct Machine: Equatable, Sendable {
    let host: String
    /// Of /etc/machine-id.
    let id: String
    let boot: String

    static let here = Machine(
        host: hostName() ?? unknown, id: firstLine("/etc/machine-id") ?? unknown,
        boot: firstLine("/proc/sys/kernel/random/boot_id") ?? unknown)
    private static let unknown = "-"

    /// The same boot is the same machine, whatever its name: a container has a name of its own. After a reboot both
    /// name and id must agree, for cloned machines share an id, and many are called localhost. Without an id they never
    /// do.
    func isAnother(than other: Machine) -> Bool {
        boot != other.boot && (host != other.host || id != other.id || id == Machine.unknown)
    }

    /// Whether what was begun there ended with that machine: it is `other`, which was started anew since.
    func isEarlierBoot(of other: Machine) -> Bool {
        boot != other.boot && !isAnother(than: other)
    }

    private static func hostName() -> String? {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for a file that is empty or cannot be read.
    static func firstLine(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes.prefix(max(0, count)).prefix { $0 != .newline }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
