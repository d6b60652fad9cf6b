import Engine

/// What Docker shows of containers.
extension FakeDocker {
    func list(_ call: Call) throws -> Response {
        let filters = call.filters
        let known = ["ancestor", "id", "label", "name", "network", "status", "volume"]
        if let strange = filters.keys.first(where: { !known.contains($0) }) {
            throw Refusal(400, "invalid filter '\(strange)'")
        }
        let made = filters["ancestor"].map { Set($0.flatMap { family($0) }) }
        let names = filters["name"].map { $0.map { try? Regex($0) } }
        let found = state.containers.filter { container in
            (container.isRunning || call.query("all") == "1" || filters["status"] != nil)
                && FakeDocker.fit(container.labels, filters["label"] ?? [])
                && (names?.contains { FakeDocker.matches(container.name, $0) } ?? true)
                && any(filters["id"]) { container.id.hasPrefix($0) }
                && any(filters["status"]) { container.status == $0 }
                && (made?.contains(container.imageID) ?? true)
                && any(filters["volume"]) { wanted in
                    container.mounts.contains { $0.source == wanted || $0.destination == wanted }
                }
                && any(filters["network"]) { wanted in
                    container.endpoints[wanted] != nil
                        || state.network(wanted).map { container.endpoints[$0.name] != nil } == true
                }
        }
        return ok(.array(found.map(summary)))
    }

    private func summary(_ container: State.Container) -> JSON {
        [
            "Id": .string(container.id), "Names": [.string("/" + container.name)],
            "Image": container.config["Image"], "ImageID": .string(container.imageID),
            "Labels": JSON(container.labels), "State": .string(container.status),
        ]
    }

    /// An image and all that is made from it.
    private func family(_ reference: String) -> [String] {
        func descendants(_ id: String) -> [String] {
            [id] + state.images.filter { $0.parent == id }.flatMap { descendants($0.id) }
        }
        return state.image(reference).map { descendants($0.id) } ?? []
    }

    private func any(_ wanted: [String]?, _ fits: (String) -> Bool) -> Bool {
        wanted.map { $0.contains(where: fits) } ?? true
    }

    /// A name filter is a regular expression, tried with and without the slash.
    private static func matches(_ name: String, _ pattern: Regex<AnyRegexOutput>?) -> Bool {
        guard let regex = pattern else { return false }
        return name.firstMatch(of: regex) != nil || "/\(name)".firstMatch(of: regex) != nil
    }

    func json(_ container: State.Container, _ version: APIVersion) -> JSON {
        let endpoints = container.endpoints.mapValues { json($0, container, version) }
        return [
            "Id": .string(container.id), "Name": .string("/" + container.name),
            "Created": .string(container.createdAt),
            "Image": .string(container.imageID), "Config": container.config,
            "HostConfig": shownHostConfig(container),
            "RestartCount": .integer(Int64(container.restarts)),
            "State": [
                "Running": .bool(container.isRunning || container.status == "restarting"),
                "Status": .string(container.status),
                "Paused": .bool(container.isPaused),
                "Restarting": .bool(container.status == "restarting"), "Dead": false,
                "StartedAt": .string(container.startedAt),
                "Error": .string(container.startError),
                "FinishedAt": .string(container.finishedAt),
                "ExitCode": .integer(Int64(container.exitCode)),
            ],
            "Mounts": .array(container.mounts.map(\.json)),
            "NetworkSettings": ["Networks": .object(endpoints)],
        ]
    }

    /// podman shows no kernel parameters, and no devices of a privileged container.
    private func shownHostConfig(_ container: State.Container) -> JSON {
        var host = container.hostConfig
        guard state.buildah != nil else { return host }
        host["Sysctls"] = .null
        if host["Privileged"].bool == true { host["Devices"] = [] }
        return host
    }

    /// Whether the MAC that was asked for is shown of a container that is stopped: Docker 28 leaves it out.
    private func showsWishes(_ version: APIVersion) -> Bool {
        state.buildah == nil && version < .gatewayPriority
    }

    private func json(
        _ endpoint: State.Endpoint, _ container: State.Container, _ version: APIVersion
    ) -> JSON {
        var json: JSON = [
            // podman tells no wishes, and of a container that is stopped nothing.
            "IPAMConfig": state.buildah == nil ? endpoint.config["IPAMConfig"] : .null,
            "DriverOpts": endpoint.config["DriverOpts"],
            "MacAddress": .string(
                endpoint.mac ?? (showsWishes(version) ? endpoint.pinnedMAC : nil) ?? ""),
            "IPAddress": .string(endpoint.address ?? ""), "EndpointID": .string(container.id),
            "NetworkID": "n",
        ]
        if version >= .gatewayPriority { json["GwPriority"] = endpoint.config["GwPriority"] }
        var aliases = (endpoint.config["Aliases"].array ?? []).compactMap(\.string)
        if version < APIVersion(1, 45) { aliases.append(String(container.id.prefix(12))) }
        json["Aliases"] = aliases.isEmpty ? .null : JSON(aliases)
        return json
    }
}
