import Engine

/// `POST /containers/create`.
extension FakeDocker {
    func create(_ call: Call) throws -> Response {
        let name = call.query("name") ?? ""
        let body = call.body
        tell("create \(name)")
        guard FakeDocker.isName(name) else {
            throw Refusal(
                400, "Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
        let reference = body["Image"].string ?? ""
        guard let image = state.image(reference) else {
            throw Refusal(404, "No such image: \(State.withTag(reference))")
        }
        let id = state.newID()
        let config = try FakeDocker.config(body, image, hostname: String(id.prefix(12)))
        let host = try FakeDocker.hostConfig(body)
        let endpoints = try endpoints(body, call.version)
        try requireFree(name)
        let mounts = try mounts(host, declared: (config["Volumes"].object ?? [:]).keys.sorted())
        state.containers.append(
            State.Container(
                id: id, name: name, imageID: image.id, config: config, hostConfig: host,
                mounts: mounts, endpoints: endpoints, layer: image.files, links: image.links,
                createdAt: state.newTime()))
        return ok(["Id": .string(id), "Warnings": JSON(state.warnings)], status: 201)
    }

    func requireFree(_ name: String) throws {
        guard let holder = state.containers.first(where: { $0.name == name }) else { return }
        throw Refusal(
            409,
            "Conflict. The container name \"/\(name)\" is already in use by container "
                + "\"\(holder.id)\". You have to remove (or rename) that container to be able to "
                + "reuse that name.")
    }

    private func endpoints(_ body: JSON, _ version: APIVersion) throws -> [String: State.Endpoint] {
        var mode = body["HostConfig"]["NetworkMode"].string ?? "bridge"
        if mode == "default" { mode = "bridge" }
        var wanted = body["NetworkingConfig"]["EndpointsConfig"].object ?? [:]
        if wanted.isEmpty { wanted = mode == "none" ? [:] : [mode: [:]] }
        guard version >= .severalEndpointsOnCreate || wanted.count <= 1 else {
            throw Refusal(
                400,
                "Container cannot be created with multiple network endpoints: "
                    + wanted.keys.sorted().joined(separator: ", "))
        }
        var endpoints = wanted.mapValues(FakeDocker.endpoint)
        if let mac = body["MacAddress"].string, !mac.isEmpty, wanted[mode] != nil {
            guard endpoints[mode]?.pinnedMAC ?? mac == mac else {
                throw Refusal(
                    400,
                    "the container-wide MAC address must match the endpoint-specific MAC address "
                        + "for the main network, or be left empty")
            }
            endpoints[mode]?.pinnedMAC = mac
        }
        return endpoints
    }

    /// What the body leaves out comes from the image; labels, variables and volumes are joined.
    private static func config(_ body: JSON, _ image: State.Image, hostname: String) throws -> JSON
    {
        var config = JSON.object(
            (body.object ?? [:]).filter { !["HostConfig", "NetworkingConfig"].contains($0.key) })
        func isEmpty(_ key: String) -> Bool {
            config[key].isNull || config[key] == "" || config[key] == []
        }
        if isEmpty("Entrypoint") {
            if isEmpty("Cmd") { config["Cmd"] = image.config["Cmd"] }
            config["Entrypoint"] = image.config["Entrypoint"]
        }
        guard !isEmpty("Entrypoint") || !isEmpty("Cmd") else {
            throw Refusal(400, "no command specified")
        }
        for key in State.Image.inherited where isEmpty(key) && !["Cmd", "Entrypoint"].contains(key)
        {
            if !image.config[key].isNull { config[key] = image.config[key] }
        }
        config["Labels"] = JSON(image.labels.merging(body["Labels"].strings) { _, own in own })
        config["Env"] = JSON(
            State.Image.joined((body["Env"].array ?? []).compactMap(\.string), image.env))
        if body["HostConfig"]["UTSMode"] == "host", !isEmpty("Hostname") {
            throw Refusal(400, "conflicting options: hostname and the UTS mode")
        }
        if config["Hostname"].isNull { config["Hostname"] = .string(hostname) }
        var volumes = body["Volumes"].object ?? [:]
        for path in image.volumes { volumes[path] = [:] }
        config["Volumes"] = volumes.isEmpty ? .null : .object(volumes)
        return config
    }

    private static func hostConfig(_ body: JSON) throws -> JSON {
        var host = body["HostConfig"]
        host["RestartPolicy"] = try restartPolicy(host["RestartPolicy"])
        guard host["AutoRemove"].bool != true || host["RestartPolicy"]["Name"] == "no" else {
            throw Refusal(400, "can't create 'AutoRemove' container with restart policy")
        }
        if host["NetworkMode"].isNull { host["NetworkMode"] = "bridge" }
        return host
    }

    /// A policy as Docker keeps it. Only `on-failure` counts.
    static func restartPolicy(_ policy: JSON) throws -> JSON {
        let name = policy["Name"].string.flatMap { $0.isEmpty ? nil : $0 } ?? "no"
        let count = policy["MaximumRetryCount"].int ?? 0
        guard ["no", "always", "unless-stopped", "on-failure"].contains(name) else {
            throw Refusal(400, "invalid restart policy: unknown policy '\(name)'")
        }
        guard count == 0 || name == "on-failure", count >= 0 else {
            throw Refusal(
                400,
                "invalid restart policy: maximum retry count can only be used with 'on-failure'")
        }
        return ["Name": .string(name), "MaximumRetryCount": .integer(Int64(count))]
    }
}

extension FakeDocker.State.Image {
    /// The keys of a configuration that a commit and a create hand on, as they are.
    static let inherited = [
        "User", "ExposedPorts", "Cmd", "Entrypoint", "Healthcheck", "WorkingDir", "StopSignal",
        "Shell", "OnBuild",
    ]

    /// One's own variables, then those of the other that one has not.
    static func joined(_ own: [String], _ other: [String]) -> [String] {
        func key(_ variable: String) -> Substring { variable.prefix { $0 != "=" } }
        let keys = Set(own.map(key))
        return own + other.filter { !keys.contains(key($0)) }
    }
}
