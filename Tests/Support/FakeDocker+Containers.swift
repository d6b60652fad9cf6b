import Engine

extension FakeDocker {
    func containers(_ call: Call) throws -> Response {
        let name = call.parts.count > 1 ? call.parts[1] : ""
        switch (call.request.method, call.parts.count, call.parts.last ?? "") {
        case ("GET", 2, "json"): return list(call)
        case ("GET", 3, "json"):
            return ok(json(state.containers[try containerIndex(name)], call.version))
        case ("POST", 2, "create"): return try create(call)
        case ("DELETE", 2, _): return try remove(try containerIndex(name), call)
        case ("POST", 3, "start"): return try start(try containerIndex(name))
        case ("POST", 3, "stop"): return try stop(try containerIndex(name))
        case ("POST", 3, "rename"): return try rename(try containerIndex(name), call)
        case ("POST", 3, "update"): return update(try containerIndex(name), call.body)
        case ("POST", 3, "exec"): return try prepareExec(try containerIndex(name), call.body)
        case ("PUT", 3, "archive"): return try putArchive(try containerIndex(name), call)
        case ("GET", 3, "archive"): return try getArchive(try containerIndex(name), call)
        default: throw NoSuchCall(request: call.request.summary)
        }
    }

    func containerIndex(_ key: String) throws -> Int {
        guard let index = state.index(ofContainer: key) else {
            throw Refusal(404, "No such container: \(key)")
        }
        return index
    }

    private func start(_ index: Int) throws -> Response {
        tell("start \(state.containers[index].name)")
        guard !state.containers[index].isRunning else { throw Refusal(304, "") }
        for name in state.containers[index].endpoints.keys.sorted() {
            guard let network = state.network(name),
                var endpoint = state.containers[index].endpoints[name]
            else { throw Refusal(404, "network \(name) not found") }
            try join(&endpoint, network)
            state.containers[index].endpoints[name] = endpoint
        }
        state.containers[index].status = "running"
        state.containers[index].startedAt = state.newTime()
        state.containers[index].unmounted = []
        if let code = exitAfterStart(state.containers[index]) { halt(index, code) }
        return Response(status: 204)
    }

    private func stop(_ index: Int) throws -> Response {
        tell("stop \(state.containers[index].name)")
        guard state.containers[index].isRunning else { throw Refusal(304, "") }
        halt(index, 0)
        return Response(status: 204)
    }

    private func halt(_ index: Int, _ exitCode: Int) {
        state.containers[index].status = "exited"
        state.containers[index].finishedAt = state.newTime()
        state.containers[index].exitCode = exitCode
        for name in state.containers[index].endpoints.keys {
            state.containers[index].endpoints[name]?.address = nil
            state.containers[index].endpoints[name]?.mac = nil
        }
    }

    private func rename(_ index: Int, _ call: Call) throws -> Response {
        let name = call.query("name") ?? ""
        tell("rename \(state.containers[index].name) to \(name)")
        guard state.containers[index].name != name else {
            throw Refusal(400, "Renaming a container with the same name as its current name")
        }
        try requireFree(name)
        state.containers[index].name = name
        return Response(status: 204)
    }

    private func update(_ index: Int, _ body: JSON) -> Response {
        let policy = body["RestartPolicy"]
        tell("update \(state.containers[index].name) restart=\(policy["Name"].string ?? "?")")
        if !policy.isNull { state.containers[index].hostConfig["RestartPolicy"] = policy }
        return ok(["Warnings": .null])
    }

    private func remove(_ index: Int, _ call: Call) throws -> Response {
        let container = state.containers[index]
        tell("remove \(container.name)")
        guard !container.isRunning || ["1", "true"].contains(call.query("force")) else {
            throw Refusal(
                409,
                "cannot remove container \"/\(container.name)\": container is running: "
                    + "stop the container before removing or force remove")
        }
        state.containers.remove(at: index)
        if call.query("v") == "1" {
            for mount in container.mounts where state.volumes[mount.source]?.isAnonymous == true {
                state.volumes[mount.source] = nil
            }
        }
        return Response(status: 204)
    }

    private func create(_ call: Call) throws -> Response {
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
        let endpoints = try endpoints(body, call.version)
        try requireFree(name)
        let mounts = try mounts(body["HostConfig"], declared: image.volumes)
        let id = state.newID()
        state.containers.append(
            State.Container(
                id: id, name: name, imageID: image.id,
                config: FakeDocker.config(body, image, hostname: String(id.prefix(12))),
                hostConfig: FakeDocker.hostConfig(body), mounts: mounts, endpoints: endpoints,
                layer: image.files))
        return ok(["Id": .string(id), "Warnings": []], status: 201)
    }

    private func requireFree(_ name: String) throws {
        guard let holder = state.containers.first(where: { $0.name == name }) else { return }
        throw Refusal(
            409,
            "Conflict. The container name \"/\(name)\" is already in use by container "
                + "\"\(holder.id)\". You have to remove (or rename) that container to be able to "
                + "reuse that name.")
    }

    private func endpoints(_ body: JSON, _ version: APIVersion) throws -> [String: State.Endpoint] {
        let mode = body["HostConfig"]["NetworkMode"].string ?? "bridge"
        var wanted = body["NetworkingConfig"]["EndpointsConfig"].object ?? [:]
        if wanted.isEmpty { wanted = [mode: [:]] }
        guard version >= .severalEndpointsOnCreate || wanted.count == 1 else {
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

    /// Makes the volumes that are missing, as Docker does: named ones and those an image declares.
    private func mounts(_ host: JSON, declared: [String]) throws -> [State.Mount] {
        var mounts = (host["Binds"].array ?? []).compactMap(\.string).map { bind in
            let parts = bind.split(separator: ":").map(String.init)
            return State.Mount(
                isVolume: !parts[0].hasPrefix("/"), source: parts[0], destination: parts[1])
        }
        mounts += (host["Mounts"].array ?? []).map {
            State.Mount(
                isVolume: $0["Type"].string == "volume", source: $0["Source"].string ?? "",
                destination: $0["Target"].string ?? "")
        }
        for (index, mount) in mounts.enumerated()
        where mounts[..<index].contains(where: { $0.destination == mount.destination }) {
            throw Refusal(400, "Duplicate mount point: \(mount.destination)")
        }
        for path in declared where !mounts.contains(where: { $0.destination == path }) {
            let name = state.newID()
            state.volumes[name] = State.Volume(name: name, isAnonymous: true)
            mounts.append(State.Mount(isVolume: true, source: name, destination: path))
        }
        for mount in mounts where mount.isVolume && state.volumes[mount.source] == nil {
            state.volumes[mount.source] = State.Volume(name: mount.source)
        }
        return mounts
    }

    private static func config(_ body: JSON, _ image: State.Image, hostname: String) -> JSON {
        var config = JSON.object(
            (body.object ?? [:]).filter { !["HostConfig", "NetworkingConfig"].contains($0.key) })
        config["Labels"] = JSON(image.labels.merging(body["Labels"].strings) { _, own in own })
        let own = (body["Env"].array ?? []).compactMap(\.string)
        config["Env"] = JSON(image.env.filter { !own.contains($0) } + own)
        if config["Hostname"].isNull { config["Hostname"] = .string(hostname) }
        if !image.volumes.isEmpty {
            config["Volumes"] = .object(
                Dictionary(uniqueKeysWithValues: image.volumes.map { ($0, [:]) }))
        }
        return config
    }

    private static func hostConfig(_ body: JSON) -> JSON {
        var host = body["HostConfig"]
        if host["RestartPolicy"].isNull { host["RestartPolicy"] = ["Name": "no"] }
        if host["NetworkMode"].isNull { host["NetworkMode"] = "bridge" }
        return host
    }
}
