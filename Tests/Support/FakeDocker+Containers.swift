import Engine

extension FakeDocker {
    func containers(_ call: Call) throws -> Response {
        let name = call.parts.count > 1 ? call.parts[1] : ""
        if call.request.isRead, let index = state.index(ofContainer: name) { copierGoesOn(index) }
        switch (call.request.method, call.parts.count, call.parts.last ?? "") {
        case ("GET", 2, "json"): return try list(call)
        case ("GET", 3, "json"):
            return ok(json(state.containers[try containerIndex(name)], call.version))
        case ("POST", 2, "create"): return try create(call)
        case ("DELETE", 2, _): return try remove(try containerIndex(name), call)
        case ("POST", 3, "start"): return try start(try containerIndex(name))
        case ("POST", 3, "stop"): return try stop(try containerIndex(name))
        case ("POST", 3, "kill"): return try kill(try containerIndex(name))
        case ("POST", 3, "restart"): return try restart(try containerIndex(name))
        case ("POST", 3, "pause"): return try pause(try containerIndex(name))
        case ("POST", 3, "unpause"): return try unpause(try containerIndex(name))
        case ("POST", 3, "rename"): return try rename(try containerIndex(name), call)
        case ("POST", 3, "update"): return try update(try containerIndex(name), call.body)
        case ("POST", 3, "exec"): return try prepareExec(try containerIndex(name), call.body)
        case ("GET", 3, "changes"): return changes(try containerIndex(name))
        case ("PUT", 3, "archive"): return try putArchive(try containerIndex(name), call)
        case ("HEAD", 3, "archive"): return try statArchive(try containerIndex(name), call)
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

    private func rename(_ index: Int, _ call: Call) throws -> Response {
        let name = call.query("name") ?? ""
        tell("rename \(state.containers[index].name) to \(name)")
        guard state.containers[index].name != name else {
            throw Refusal(400, "Renaming a container with the same name as its current name")
        }
        try requireFree(name)
        let container = state.containers[index]
        let overlay = container.endpoints.keys.first { state.network($0)?.driver == "overlay" }
        guard !container.isRunning || overlay == nil else {
            throw Refusal(
                500, "Could not add service state for endpoint \(name) to cluster on rename")
        }
        state.containers[index].name = name
        return Response(status: 204)
    }

    /// Takes the policy as a whole: a count that is left out becomes 0.
    private func update(_ index: Int, _ body: JSON) throws -> Response {
        tell(
            "update \(state.containers[index].name) restart=\(body["RestartPolicy"]["Name"].string ?? "?")"
        )
        guard let name = body["RestartPolicy"]["Name"].string, !name.isEmpty else {
            return ok(["Warnings": .null])
        }
        let policy = try FakeDocker.restartPolicy(body["RestartPolicy"])
        guard !state.containers[index].isAutoRemoved || name == "no" else {
            throw Refusal(
                409,
                "Restart policy cannot be updated because AutoRemove is enabled for the container")
        }
        state.containers[index].hostConfig["RestartPolicy"] = policy
        return ok(["Warnings": .null])
    }

    private func remove(_ index: Int, _ call: Call) throws -> Response {
        let container = state.containers[index]
        tell("remove \(container.name)")
        guard !container.isRunning || ["1", "true"].contains(call.query("force")) else {
            let words =
                container.isPaused
                ? "container is paused and must be unpaused first"
                : "container is running: stop the container before removing or force remove"
            throw Refusal(409, "cannot remove container \"/\(container.name)\": \(words)")
        }
        remove(at: index, anonymousVolumes: call.query("v") == "1")
        return Response(status: 204)
    }

    func remove(at index: Int, anonymousVolumes: Bool) {
        let container = state.containers.remove(at: index)
        guard anonymousVolumes else { return }
        for mount in container.mounts where state.volumes[mount.source]?.isAnonymous == true {
            // VolumesFrom: another container may have it as well.
            guard state.users(ofVolume: mount.source).isEmpty else { continue }
            state.volumes[mount.source] = nil
        }
    }
}
