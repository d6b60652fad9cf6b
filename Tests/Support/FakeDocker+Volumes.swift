import Engine

extension FakeDocker {
    func volumes(_ call: Call) throws -> Response {
        let name = call.parts.count > 1 ? call.parts[1] : ""
        switch (call.request.method, call.parts.count) {
        case ("GET", 1):
            let wanted = call.filters
            let found = state.volumes.values.filter { volume in
                FakeDocker.fit(volume.labels, wanted["label"] ?? [])
                    && (wanted["name"] ?? []).allSatisfy { volume.name.contains($0) }
            }
            let sorted = found.sorted { $0.name < $1.name }.map(json)
            return ok(["Volumes": sorted.isEmpty ? .null : .array(sorted), "Warnings": .null])
        case ("GET", 2):
            guard let volume = state.volumes[name] else { throw missing(volume: name) }
            return ok(json(volume))
        case ("POST", 2) where name == "create": return try createVolume(call.body)
        case ("DELETE", 2): return try removeVolume(name)
        default: throw NoSuchCall(request: call.request.summary)
        }
    }

    /// A volume of that name is handed out as it is, with its old labels.
    private func createVolume(_ body: JSON) throws -> Response {
        let name = body["Name"].string ?? state.newID()
        tell("create volume \(name)")
        guard FakeDocker.isName(name) else {
            throw Refusal(
                400,
                "create \(name): \"\(name)\" includes invalid characters for a local volume name")
        }
        let driver = body["Driver"].string ?? "local"
        guard driver == "local" else {
            throw Refusal(
                404,
                "create \(name): error looking up volume plugin \(driver): plugin \"\(driver)\" not found"
            )
        }
        let options = body["DriverOpts"].strings
        guard state.hasQuota || options["size"] == nil || state.volumes[name] != nil else {
            throw Refusal(400, "quota size requested but no quota support")
        }
        let isLimitOfPodman = state.buildah != nil && options.keys.elementsEqual(["o"])
        guard state.hasQuota || !isLimitOfPodman else {
            throw Refusal(
                500,
                "volume options size and inodes not supported. Filesystem does not support Project Quota"
            )
        }
        let shown = isLimitOfPodman ? ["SIZE": String(options["o", default: ""].dropFirst(5))] : [:]
        let volume =
            state.volumes[name]
            ?? State.Volume(
                name: name, driver: driver, labels: body["Labels"].strings,
                options: options.merging(shown) { $1 })
        state.volumes[name] = volume
        return ok(json(volume), status: 201)
    }

    private func removeVolume(_ name: String) throws -> Response {
        tell("remove volume \(name)")
        // podman takes the beginning of a name for it, where that is the only one.
        let alike = state.volumes.keys.filter { $0.hasPrefix(name) }
        let isAlike = state.buildah != nil && state.volumes[name] == nil && alike.count == 1
        let name = isAlike ? alike[0] : name
        guard state.volumes[name] != nil else { throw missing(volume: name) }
        let users = state.users(ofVolume: name).map(\.id)
        guard users.isEmpty else {
            throw Refusal(
                409, "remove \(name): volume is in use - [\(users.joined(separator: ", "))]")
        }
        state.volumes[name] = nil
        return Response(status: 204)
    }

    /// What all the volumes hold.
    func usage() -> Response {
        let volumes = state.volumes.values.map { volume -> JSON in
            let size = volume.files.values.reduce(0) { $0 + $1.count }
            return [
                "Name": .string(volume.name), "UsageData": ["Size": .integer(Int64(size))],
            ]
        }
        return ok(["Volumes": .array(volumes)])
    }

    private func json(_ volume: State.Volume) -> JSON {
        [
            "Name": .string(volume.name), "Driver": .string(volume.driver), "Scope": "local",
            "Labels": JSON(volume.labels), "Options": JSON(volume.options),
            "Mountpoint": .string("/var/lib/docker/volumes/\(volume.name)/_data"),
        ]
    }

    private func missing(volume name: String) -> Refusal {
        Refusal(404, "get \(name): no such volume")
    }

    /// `[a-zA-Z0-9][a-zA-Z0-9_.-]+`
    static func isName(_ name: String) -> Bool {
        name.wholeMatch(of: /[a-zA-Z0-9][a-zA-Z0-9_.-]+/) != nil
    }
}
