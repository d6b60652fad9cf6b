import Engine
import Glibc

/// Who owns an operation. It explains; whether the owner lives is decided by a lock.
enum Owner {
    /// `place`: where its lock can be seen.
    static func json(daemon: String?, address: String, place: Place) -> JSON {
        var owner: JSON = [
            "pid": .integer(Int64(getpid())), "user": .integer(Int64(geteuid())),
            "host": .string(Machine.here.host), "version": .string(Version.number),
            "boot": .string(Machine.here.boot), "place": .string("\(place)"),
            "started": .string(startTime),
        ]
        owner["daemon"] = Owner.daemon(daemon, address)
        return owner
    }

    /// The owner of an operation that was found in this Docker: where its labels say that it was begun.
    static func adopted(place: Place?, daemon: JSON) -> JSON {
        ["adopted": true, "place": JSON(place?.description), "daemon": daemon]
    }

    /// The Docker that an operation is at work on; its id is null where nobody has asked for it.
    static func daemon(_ id: String?, _ address: String) -> JSON {
        ["id": JSON(id), "address": .string(address)]
    }

    /// Field 22 of /proc/self/stat, in clock ticks since boot: tells a pid that was used again.
    private static var startTime: String {
        let afterName = Machine.firstLine("/proc/self/stat")?.split(separator: ")").last
        let fields = afterName?.split(separator: " ") ?? []
        return fields.count > 19 ? String(fields[19]) : ""
    }
}
