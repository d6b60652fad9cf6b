import Engine
import Foundation

/// What Docker shows of containers, and the files in them.
extension FakeDocker {
    func list(_ call: Call) -> Response {
        let filters = call.filters
        let found = state.containers.filter { container in
            (container.isRunning || call.query("all") == "1")
                && FakeDocker.fit(container.labels, filters["label"] ?? [])
                && any(filters["name"]) { FakeDocker.matches(container.name, $0) }
                && any(filters["volume"]) { wanted in
                    container.mounts.contains { $0.source == wanted || $0.destination == wanted }
                }
                && any(filters["network"]) { wanted in
                    container.endpoints[wanted] != nil
                        || state.network(wanted).map { container.endpoints[$0.name] != nil } == true
                }
        }
        return ok(
            .array(
                found.map {
                    [
                        "Id": .string($0.id), "Names": [.string("/" + $0.name)],
                        "Labels": JSON($0.labels), "State": .string($0.status),
                    ]
                }))
    }

    private func any(_ wanted: [String]?, _ fits: (String) -> Bool) -> Bool {
        wanted.map { $0.contains(where: fits) } ?? true
    }

    /// A name filter is a regular expression, tried with and without the slash.
    private static func matches(_ name: String, _ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return name.firstMatch(of: regex) != nil || "/\(name)".firstMatch(of: regex) != nil
    }

    func json(_ container: State.Container, _ version: APIVersion) -> JSON {
        let endpoints = container.endpoints.mapValues { json($0, container, version) }
        return [
            "Id": .string(container.id), "Name": .string("/" + container.name),
            "Image": .string(container.imageID), "Config": container.config,
            "HostConfig": container.hostConfig,
            "RestartCount": .integer(Int64(container.restarts)),
            "State": [
                "Running": .bool(container.isRunning), "Status": .string(container.status),
                "StartedAt": .string(container.startedAt), "Error": "",
                "FinishedAt": .string(container.finishedAt),
                "ExitCode": .integer(Int64(container.exitCode)),
            ],
            "Mounts": .array(container.mounts.map(json)),
            "NetworkSettings": ["Networks": .object(endpoints)],
        ]
    }

    private func json(_ mount: State.Mount) -> JSON {
        mount.isVolume
            ? [
                "Type": "volume", "Name": .string(mount.source), "Driver": "local", "RW": true,
                "Source": .string("/var/lib/docker/volumes/\(mount.source)/_data"),
                "Destination": .string(mount.destination),
            ]
            : [
                "Type": "bind", "Source": .string(mount.source), "RW": true,
                "Destination": .string(mount.destination),
            ]
    }

    private func json(
        _ endpoint: State.Endpoint, _ container: State.Container, _ version: APIVersion
    ) -> JSON {
        var json: JSON = [
            "IPAMConfig": endpoint.config["IPAMConfig"],
            "DriverOpts": endpoint.config["DriverOpts"],
            "MacAddress": .string(endpoint.mac ?? endpoint.pinnedMAC ?? ""),
            "IPAddress": .string(endpoint.address ?? ""), "EndpointID": .string(container.id),
            "NetworkID": "n",
        ]
        if version >= .gatewayPriority { json["GwPriority"] = endpoint.config["GwPriority"] }
        var aliases = (endpoint.config["Aliases"].array ?? []).compactMap(\.string)
        if version < APIVersion(1, 45) { aliases.append(String(container.id.prefix(12))) }
        json["Aliases"] = aliases.isEmpty ? .null : JSON(aliases)
        return json
    }

    func putArchive(_ index: Int, _ call: Call) throws -> Response {
        guard case .bytes(let bytes, _) = call.request.body else {
            throw NoSuchCall(request: call.request.summary)
        }
        let files = FakeTar.files(in: bytes)
        tell(
            "put \(files.keys.sorted().joined(separator: ",")) into \(state.containers[index].name)"
        )
        guard call.query("path") == "/" else {
            throw Refusal(404, "Could not find the file \(call.query("path") ?? "") in container")
        }
        for (path, content) in files { write(content, to: path, in: index) }
        return Response(status: 200)
    }

    func getArchive(_ index: Int, _ call: Call) throws -> Response {
        let path = call.query("path") ?? ""
        guard let content = read(path, in: state.containers[index]) else {
            throw Refusal(
                404, "Could not find the file \(path) in container \(state.containers[index].name)")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return Response(
            status: 200, headers: ["content-type": "application/x-tar"],
            body: FakeTar.archive([name: content]))
    }

    /// A file of the container: in the volume that is mounted there, else in the layer.
    func read(_ path: String, in container: State.Container) -> [UInt8]? {
        guard let mount = volume(at: path, in: container) else { return container.layer[path] }
        return state.volumes[mount.source]?.files[String(path.dropFirst(mount.destination.count))]
    }

    func write(_ content: [UInt8], to path: String, in index: Int) {
        if let mount = volume(at: path, in: state.containers[index]) {
            let inside = String(path.dropFirst(mount.destination.count))
            state.volumes[mount.source]?.files[inside] = content
        } else {
            state.containers[index].layer[path] = content
        }
    }

    private func volume(at path: String, in container: State.Container) -> State.Mount? {
        container.mounts.first { $0.isVolume && path.hasPrefix($0.destination + "/") }
    }
}
