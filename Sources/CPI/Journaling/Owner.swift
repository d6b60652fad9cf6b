import Engine
import Glibc

/// Who owns an operation. It explains; whether the owner lives is decided by a lock.
enum Owner {
    /// `place`: where its lock can be seen.
    static func json(daemon: JSON?, address: String, place: String) -> JSON {
        var owner: JSON = [
            "pid": .integer(Int64(getpid())), "user": .integer(Int64(geteuid())),
            "host": .string(Machine.host), "version": .string(Version.number),
            "boot": .string(Machine.boot), "place": .string(place),
            "started": .string(startTime),
        ]
        if let daemon { owner["daemon"] = ["id": daemon, "address": .string(address)] }
        return owner
    }

    /// Where an operation was begun, as its intent says it; nil for an older intent.
    static func place(in ownerJSON: String) -> String? {
        (try? JSON(parsing: ownerJSON.utf8))?["place"].string
    }

    /// Field 22 of /proc/self/stat, in clock ticks since boot: tells a pid that was used again.
    private static var startTime: String {
        let fields = Machine.firstLine("/proc/self/stat").split(separator: ")").last?.split(
            separator: " ")
        return fields.flatMap { $0.count > 19 ? String($0[19]) : nil } ?? ""
    }
}
