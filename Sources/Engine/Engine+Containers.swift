/// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container
extension Engine {
    /// `GET /containers/{id}/json`; `id` may be a name.
    public func inspectContainer(_ id: String) throws -> Container {
        let path = "/containers/\(id.percentEncoded)/json"
        do {
            return Container(json: try inspected(path))
        } catch let error as EngineError
            where error.isFault && error.description.contains("no such container")
        {
            // podman says so with 500 of one that goes in this moment, and with 404 afterwards.
            return Container(json: try inspected(path))
        }
    }

    /// As `inspectContainer`, nil when there is none.
    public func container(_ id: String) throws -> Container? {
        try found { try inspectContainer(id) }
    }

    /// `GET /containers/json`, stopped ones too, that match all filters.
    public func containers(_ filters: Filters) throws -> [ContainerSummary] {
        let query = [("all", "1"), filters.parameter]
        return try list("/containers/json", query).map { json in
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
        try order("/containers/\(id.percentEncoded)/start")
    }

    /// `POST /containers/{id}/stop`: its stop signal, and SIGKILL after `seconds`. Success when it
    /// does not run. The Engine goes on stopping even if we are gone.
    public func stopContainer(_ id: String, seconds: Int) throws {
        try order(
            "/containers/\(id.percentEncoded)/stop", [("t", String(seconds))],
            limit: .total(Double(seconds) + timeout))
    }

    /// `POST /containers/{id}/kill`: SIGKILL. 409 when it does not run.
    public func killContainer(_ id: String) throws {
        try order("/containers/\(id.percentEncoded)/kill")
    }

    /// `POST /containers/{id}/pause`: 409 when it is paused already, or does not run.
    public func pauseContainer(_ id: String) throws {
        try order("/containers/\(id.percentEncoded)/pause")
    }

    /// `POST /containers/{id}/unpause`: Docker refuses with 500 when it is not paused.
    public func unpauseContainer(_ id: String) throws {
        try order("/containers/\(id.percentEncoded)/unpause")
    }

    /// `POST /containers/{id}/rename`.
    public func renameContainer(_ id: String, to name: String) throws {
        try order("/containers/\(id.percentEncoded)/rename", [("name", name)])
    }

    /// `POST /containers/{id}/update` of the restart policy alone. `retries` is for on-failure: an
    /// Engine refuses another number than 0 with any other policy.
    public func setRestartPolicy(_ id: String, _ policy: String, retries: Int = 0) throws {
        let policy: JSON = [
            "Name": .string(policy), "MaximumRetryCount": JSON(retries),
        ]
        try order("/containers/\(id.percentEncoded)/update", [], ["RestartPolicy": policy])
    }

    /// `GET /containers/{id}/changes`: the paths that the writable layer adds, changes or removes.
    public func changes(_ id: String) throws -> [String] {
        try list("/containers/\(id.percentEncoded)/changes").compactMap { $0["Path"].string }
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
        try order(
            "/commit",
            [("container", id), ("repo", repository), ("tag", tag), ("pause", "0")],
            ["Labels": JSON(labels)], limit: .long)
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
