import Engine
import FoundationEssentials
import Glibc

/// Who owns an operation. It explains; whether the owner lives is decided by a lock.
enum Owner {
    static func json(daemon: JSON?, address: String) -> JSON {
        var owner: JSON = [
            "pid": .integer(Int64(getpid())), "user": .integer(Int64(geteuid())),
            "host": .string(host), "version": .string(CPI.version),
            "boot": .string(firstLine("/proc/sys/kernel/random/boot_id")),
            "started": .string(startTime),
        ]
        if let daemon { owner["daemon"] = ["id": daemon, "address": .string(address)] }
        return owner
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        return String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Field 22 of /proc/self/stat, in clock ticks since boot: tells a pid that was used again.
    private static var startTime: String {
        let fields = firstLine("/proc/self/stat").split(separator: ")").last?.split(separator: " ")
        return fields.flatMap { $0.count > 19 ? String($0[19]) : nil } ?? ""
    }

    private static func firstLine(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes.prefix(max(0, count)).prefix { $0 != 0x0a }
        return String(decoding: line, as: UTF8.self)
    }
}
