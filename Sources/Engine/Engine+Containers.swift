/// A container as `GET /containers/{id}/json` shows it. Every field may be missing.
public struct Container: Sendable {
    public let json: JSON

    public init(json: JSON) { self.json = json }

    public var id: String { json["Id"].string ?? "" }
    public var name: String { String((json["Name"].string ?? "").drop { $0 == "/" }) }
    public var image: String { json["Config"]["Image"].string ?? "" }
    public var imageID: String { json["Image"].string ?? "" }
    public var labels: [String: String] { json["Config"]["Labels"].strings }
    public var isRunning: Bool { json["State"]["Running"].bool ?? false }
    /// Was it ever started? A created container has the year 1.
    public var wasStarted: Bool { !startedAt.isEmpty && !startedAt.hasPrefix("0001") }
    public var finishedAt: String { json["State"]["FinishedAt"].string ?? "" }
    public var startedAt: String { json["State"]["StartedAt"].string ?? "" }
    /// How often the restart policy has started it again.
    public var restarts: Int { json["RestartCount"].int ?? 0 }
    /// One of created, running, paused, restarting, removing, exited, dead.
    public var status: String { json["State"]["Status"].string ?? "" }
    public var exitCode: Int { json["State"]["ExitCode"].int ?? 0 }
    public var startError: String { json["State"]["Error"].string ?? "" }
    public var restartPolicy: String { json["HostConfig"]["RestartPolicy"]["Name"].string ?? "" }
    public var mounts: [Mount] { (json["Mounts"].array ?? []).map(Mount.init) }
    /// By network name.
    public var endpoints: [String: JSON] { json["NetworkSettings"]["Networks"].object ?? [:] }

    public struct Mount: Sendable {
        public let type: String
        /// The volume's name; empty for a bind of a host path.
        public let name: String
        public let destination: String

        /// A volume that the image asked for: its name is nothing but 64 hexadecimal digits.
        public var isAnonymous: Bool {
            type == "volume" && name.utf8.count == 64 && name.allSatisfy(\.isHexDigit)
        }

        init(_ json: JSON) {
            type = json["Type"].string ?? ""
            name = json["Name"].string ?? ""
            destination = json["Destination"].string ?? ""
        }
    }
}

/// One line of `GET /containers/json`.
public struct ContainerSummary: Sendable {
    public let id: String
    /// Without the leading slash.
    public let names: [String]
    public let labels: [String: String]
    public let state: String
}

/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container
extension Engine {
    /// `GET /containers/{id}/json`; `id` may be a name.
    public func inspectContainer(_ id: String) throws -> Container {
        Container(json: try get("/containers/\(id.percentEncoded)/json"))
    }

    /// As `inspectContainer`, nil when there is none.
    public func container(_ id: String) throws -> Container? {
        try found { try inspectContainer(id) }
    }

    /// `GET /containers/json`, stopped ones too, that match all filters.
    public func containers(_ filters: [String: [String]]) throws -> [ContainerSummary] {
        let query = [("all", "1"), ("filters", JSON.object(filters.mapValues { JSON($0) }).text)]
        return (try get("/containers/json", query).array ?? []).map { json in
            ContainerSummary(
                id: json["Id"].string ?? "",
                names: (json["Names"].array ?? []).compactMap(\.string).map {
                    String($0.drop { $0 == "/" })
                },
                labels: json["Labels"].strings, state: json["State"].string ?? "")
        }
    }

    /// `POST /containers/create`. Returns the id and Docker's warnings.
    public func createContainer(_ name: String, _ spec: JSON) throws
        -> (id: String, warnings: [String])
    {
        let answer = try post("/containers/create", [("name", name)], spec)
        return (answer["Id"].string ?? "", (answer["Warnings"].array ?? []).compactMap(\.string))
    }

    /// `POST /containers/{id}/start`; success when it runs already.
    public func startContainer(_ id: String) throws {
        try post("/containers/\(id.percentEncoded)/start")
    }

    /// `POST /containers/{id}/stop`: its stop signal, and SIGKILL after `seconds`. Success when it
    /// does not run. The Engine goes on stopping even if we are gone.
    public func stopContainer(_ id: String, seconds: Int) throws {
        try post(
            "/containers/\(id.percentEncoded)/stop", [("t", String(seconds))],
            limit: .total(Double(seconds) + timeout))
    }

    /// `POST /containers/{id}/rename`.
    public func renameContainer(_ id: String, to name: String) throws {
        try post("/containers/\(id.percentEncoded)/rename", [("name", name)])
    }

    /// `POST /containers/{id}/update` of the restart policy alone.
    public func setRestartPolicy(_ id: String, _ policy: String) throws {
        try post(
            "/containers/\(id.percentEncoded)/update", [],
            ["RestartPolicy": ["Name": .string(policy)]])
    }

    /// `DELETE /containers/{id}`. With `force` a running one is killed. Named volumes always stay;
    /// with `anonymousVolumes` those without a name of ours go.
    public func removeContainer(_ id: String, force: Bool, anonymousVolumes: Bool = false) throws {
        let query = (force ? [("force", "1")] : []) + (anonymousVolumes ? [("v", "1")] : [])
        try delete("/containers/\(id.percentEncoded)", query)
    }

    /// `POST /commit`: the writable layer of a stopped container, volumes not included, as image
    /// `repository:tag`. `labels` win over those that the container hands down.
    public func commitContainer(
        _ id: String, repository: String, tag: String, labels: [String: String]
    ) throws {
        try post(
            "/commit",
            [("container", id), ("repo", repository), ("tag", tag), ("pause", "0")],
            ["Labels": JSON(labels)], limit: .idle(1_800))
    }

    /// Turns 404 into nil, and nothing else.
    func found<T>(_ ask: () throws -> T) throws -> T? {
        do {
            return try ask()
        } catch let error as EngineError where error.isNotFound {
            return nil
        }
    }
}
