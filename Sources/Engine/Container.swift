/// A container as `GET /containers/{id}/json` shows it. Every field may be missing.
public struct Container: Sendable {
    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var id: String { json["Id"].string ?? "" }
    /// Its first twelve digits, as `docker ps` shows it.
    public var shortID: String { String(id.prefix(12)) }
    public var name: String { String((json["Name"].string ?? "").drop { $0 == "/" }) }
    /// The image's name, as it was given at create; `imageID` is what that was.
    public var image: String { Engine.familiar(json["Config"]["Image"].string ?? "") }
    public var imageID: String { json["Image"].string ?? "" }
    public var labels: [String: String] { json["Config"]["Labels"].strings }
    /// It has processes. Also true while it is paused, and while a stop is waiting for it to end: podman shows both
    /// as a status of its own, and as not running.
    public var isRunning: Bool {
        json["State"]["Running"].bool == true || isPaused || status == "stopping"
    }
    /// Between two starts that its restart policy makes; also shown as running.
    public var isRestarting: Bool { json["State"]["Restarting"].bool ?? false }
    public var isPaused: Bool { json["State"]["Paused"].bool ?? false }
    /// RFC 3339.
    public var createdAt: String { json["Created"].string ?? "" }
    /// Was it ever started? A created container has the year 1.
    public var wasStarted: Bool { !startedAt.isEmpty && !startedAt.hasPrefix("0001") }
    /// RFC 3339, as the Engine writes it; the year 1 for never.
    public var finishedAt: String { json["State"]["FinishedAt"].string ?? "" }
    /// RFC 3339, as the Engine writes it; the year 1 for never.
    public var startedAt: String { json["State"]["StartedAt"].string ?? "" }
    /// How often the restart policy has started it again.
    public var restarts: Int { json["RestartCount"].int ?? 0 }
    /// One of created, running, paused, restarting, removing, exited, dead.
    public var status: String { json["State"]["Status"].string ?? "" }
    /// Of its last run; 0 as well where it never ended.
    public var exitCode: Int { json["State"]["ExitCode"].int ?? 0 }
    public var startError: String { json["State"]["Error"].string ?? "" }
    /// no, always, unless-stopped or on-failure; empty where none was given.
    public var restartPolicy: String { json["HostConfig"]["RestartPolicy"]["Name"].string ?? "" }
    /// How often the policy on-failure starts it again at most; 0 for no limit.
    public var restartRetries: Int {
        json["HostConfig"]["RestartPolicy"]["MaximumRetryCount"].int ?? 0
    }
    /// Whether Docker removes it, with its writable layer, as soon as it stops.
    public var autoRemove: Bool { json["HostConfig"]["AutoRemove"].bool ?? false }
    /// The network that it was created with: the only one that create takes below API 1.44.
    public var networkMode: String { json["HostConfig"]["NetworkMode"].string ?? "" }
    public var mounts: [Mount] { (json["Mounts"].array ?? []).map(Mount.init) }
    /// By network name.
    public var endpoints: [String: ContainerEndpoint] {
        (json["NetworkSettings"]["Networks"].object ?? [:]).mapValues {
            ContainerEndpoint(json: $0)
        }
    }

    /// One of a container's mounts, as Docker lists it: also when it was unmounted inside.
    public struct Mount: Sendable {
        public let type: String
        /// The volume's name; empty for a bind of a host path.
        public let name: String
        public let destination: String
        /// Where it is on the host: a bind's path, or the directory of a local volume.
        public let source: String
        public let isReadOnly: Bool
        /// rprivate, rshared, rslave and their kin; empty for a volume.
        public let propagation: String

        /// A volume that the image asked for: its name is nothing but 64 hexadecimal digits.
        public var isAnonymous: Bool { type == "volume" && Mount.isAnonymous(name) }

        /// Whether Docker gives such names.
        public static func isAnonymous(_ name: String) -> Bool {
            name.utf8.count == 64 && name.allSatisfy(\.isHexDigit)
        }

        init(_ json: JSON) {
            type = json["Type"].string ?? ""
            // podman keeps a slash at the end, as the Go CPI has one.
            let shownPlace = json["Destination"].string ?? ""
            destination =
                shownPlace.count > 1 && shownPlace.hasSuffix("/")
                ? String(shownPlace.dropLast()) : shownPlace
            source = json["Source"].string ?? ""
            let shown = json["Name"].string ?? ""
            // Engine 28 shows no name for an anonymous volume of `Binds`, only its directory.
            let kept = type == "volume" ? VolumeDirectory.volume(keeping: source) : nil
            name = shown.isEmpty ? kept ?? "" : shown
            isReadOnly = json["RW"].bool == false
            propagation = json["Propagation"].string ?? ""
        }
    }
}
