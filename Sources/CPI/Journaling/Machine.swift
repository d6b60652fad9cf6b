import Glibc

/// The machine that a CPI runs on: on the same one, locks tell who lives.
enum Machine {
    /// "NAME ID BOOT": the first three parts of a place (see `Locks.places`).
    static let here = "\(host) \(id) \(boot)"

    /// A container changes its name, a machine that was started anew its boot: both stay the same.
    /// Cloned machines share their id, and many are called localhost: one of the two does not do. Nor does a name
    /// where there is no id.
    static func isAnother(_ machine: String, than other: String = here) -> Bool {
        let (its, own) = (machine.split(separator: " "), other.split(separator: " "))
        guard its.count >= 3, own.count >= 3 else { return false }
        return its[2] != own[2] && (its[0] != own[0] || its[1] != own[1] || own[1] == noID)
    }

    /// Whether what was begun there ended with that machine: it is this one, started anew since.
    static func isFromBeforeTheBoot(_ machine: String) -> Bool {
        let parts = machine.split(separator: " ").map(String.init)
        return parts.count >= 3 && parts[2] != boot && !isAnother(machine)
    }

    private static let id: String = {
        let id = firstLine("/etc/machine-id")
        return id.isEmpty ? noID : id
    }()
    private static let noID = "-"

    static let boot = firstLine("/proc/sys/kernel/random/boot_id")

    static let host: String = {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        return String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    static func firstLine(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes.prefix(max(0, count)).prefix { $0 != 0x0a }
        return String(decoding: line, as: UTF8.self)
    }
}
