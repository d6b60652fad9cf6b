import Engine
import Glibc
import Journal

/// Who owns an operation, as its intent in the journal says. It explains; whether the owner lives is decided by a lock.
public struct RecordedOwner: Sendable {
    /// The process, and the host that it ran on; nil when it was found in Docker.
    public let pid: Int?
    public let host: String?
    /// Of the CPI.
    public let version: String?
    /// Where it was begun; nil when it cannot be read.
    let place: Place?
    /// No process has recorded it: it was found by its traces in Docker.
    let isAdopted: Bool
    /// The Docker daemon's own id, and its address at that time; nil where it was not known.
    let daemonID: String?
    public let daemonAddress: String?

    /// Nil when the operation has no owner that can be read.
    public init?(_ operation: Operation) {
        guard let text = operation.owner else { return nil }
        self.init(parsing: text)
    }

    /// Nil for what is no JSON.
    init?(parsing text: String) {
        guard let json = try? JSON(parsing: text.utf8) else { return nil }
        pid = json["pid"].int
        host = json["host"].string
        version = json["version"].string
        place = json["place"].string.flatMap { Place($0) }
        isAdopted = json["adopted"].bool ?? false
        daemonID = json["daemon"]["id"].string
        daemonAddress = json["daemon"]["address"].string
    }
}

extension RecordedOwner {
    /// This process. `place`: where its lock can be seen.
    static func json(daemon: String?, address: String, place: Place) -> JSON {
        var owner: JSON = [
            "pid": .integer(Int64(getpid())), "user": .integer(Int64(geteuid())),
            "host": .string(Machine.here.host), "version": .string(Version.number),
            "boot": .string(Machine.here.boot), "place": .string("\(place)"),
            "started": .string(startTime),
        ]
        owner["daemon"] = RecordedOwner.daemon(daemon, address)
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
