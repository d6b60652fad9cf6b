import Engine

/// Containers start and stop: on request, by their policies, and with the daemon.
extension FakeDocker {
    func start(_ index: Int) throws -> Response {
        tell("start \(state.containers[index].name)")
        guard !state.containers[index].isPaused else {
            throw Refusal(409, "cannot start a paused container, try unpause instead")
        }
        guard !state.containers[index].isRunning else { throw Refusal(304, "") }
        try bringUp(index)
        return Response(status: 204)
    }

    /// Takes the addresses, or says in the container why it could not.
    private func bringUp(_ index: Int) throws {
        do {
            for name in state.containers[index].endpoints.keys.sorted() {
                guard let network = state.network(name),
                    var endpoint = state.containers[index].endpoints[name]
                else { throw Refusal(404, "network \(name) not found") }
                try join(&endpoint, network)
                state.containers[index].endpoints[name] = endpoint
            }
        } catch let refusal as Refusal {
            releaseAddresses(index)
            state.containers[index].startError = refusal.message
            if state.containers[index].exitCode == 0 { state.containers[index].exitCode = 128 }
            if state.containers[index].isAutoRemoved { remove(at: index, anonymousVolumes: true) }
            throw refusal
        }
        state.containers[index].status = "running"
        state.containers[index].startedAt = state.newTime()
        state.containers[index].startError = ""
        state.containers[index].exitCode = 0
        state.containers[index].wasStoppedByHand = false
        state.containers[index].unmounted = []
        guard mountList(index) else { return halt(index, 78) }
        if let code = exitAfterStart(state.containers[index]) { return halt(index, code) }
        beginCopier(index)
    }

    /// A paused container is stopped as well: its signal waits, and it is resumed for it.
    func stop(_ index: Int) throws -> Response {
        tell("stop \(state.containers[index].name)")
        guard state.containers[index].isRunning else { throw Refusal(304, "") }
        state.containers[index].wasStoppedByHand = true
        halt(index, 0)
        return Response(status: 204)
    }

    func kill(_ index: Int) throws -> Response {
        let container = state.containers[index]
        tell("kill \(container.name)")
        guard container.isRunning else {
            throw Refusal(
                409,
                "cannot kill container: \(container.name): container \(container.id) is not running"
            )
        }
        state.containers[index].wasStoppedByHand = true
        halt(index, 137)
        return Response(status: 204)
    }

    /// Starts one that is stopped. One with AutoRemove outlives it.
    func restart(_ index: Int) throws -> Response {
        tell("restart \(state.containers[index].name)")
        if state.containers[index].isRunning { halt(index, 0, mayGo: false) }
        try bringUp(index)
        return Response(status: 204)
    }

    func pause(_ index: Int) throws -> Response {
        let container = state.containers[index]
        tell("pause \(container.name)")
        guard container.isRunning else {
            throw Refusal(409, "container \(container.id) is not running")
        }
        guard !container.isPaused else {
            throw Refusal(409, "container \(container.id) is already paused")
        }
        state.containers[index].status = "paused"
        return Response(status: 204)
    }

    func unpause(_ index: Int) throws -> Response {
        let container = state.containers[index]
        tell("unpause \(container.name)")
        guard container.isPaused else {
            throw Refusal(500, "Container \(container.id) is not paused")
        }
        state.containers[index].status = "running"
        return Response(status: 204)
    }

    /// The container's process has ended.
    func halt(_ index: Int, _ exitCode: Int, mayGo: Bool = true) {
        state.containers[index].status = "exited"
        state.containers[index].live = []
        state.containers[index].leastScripts = [:]
        state.containers[index].finishedAt = state.newTime()
        state.containers[index].exitCode = exitCode
        releaseAddresses(index)
        if mayGo, state.containers[index].isAutoRemoved {
            remove(at: index, anonymousVolumes: true)
        }
    }

    private func releaseAddresses(_ index: Int) {
        for name in state.containers[index].endpoints.keys {
            state.containers[index].endpoints[name]?.address = nil
            state.containers[index].endpoints[name]?.mac = nil
        }
    }

    /// The daemon goes down, and its containers with it; then it comes back and starts those whose
    /// policy says so, also such as were created and never started. Who cannot start says why.
    func restartDaemon() {
        for id in state.containers.filter(\.isRunning).map(\.id) {
            if let index = state.index(ofContainer: id) { halt(index, 0) }
        }
        for container in state.containers where FakeDocker.comesUp(container) {
            if let index = state.index(ofContainer: container.id) { try? bringUp(index) }
        }
    }

    private static func comesUp(_ container: State.Container) -> Bool {
        switch container.restartPolicy {
        case "always": true
        case "unless-stopped": !container.wasStoppedByHand
        case "on-failure": container.exitCode != 0 && !container.wasStoppedByHand
        default: false
        }
    }
}
