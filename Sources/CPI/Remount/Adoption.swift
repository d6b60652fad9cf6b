import Engine

/// What a VM of the Go CPI gets when its container is replaced: the part of our entry script that
/// brings its disks back whenever it starts, ahead of its own command, and the wrapper of `mount` that
/// a disk migration needs. From then on disks come and go while it runs.
enum Adoption {
    /// Puts the script ahead of the command of a body for `POST /containers/create`, once. `settings`:
    /// where the agent has them.
    static func adopt(_ body: inout JSON, settings: String) {
        let script = EntryScript.beside(settings: settings)
        let own = body["Entrypoint"].array ?? []
        body["Entrypoint"] = .array(["/bin/sh", "-c", .string(script), "docker_cpi"] + own)
        // The Go CPI leaves the signal to Docker, and systemd does not end for that one. podman shows its number.
        let words = own + (body["Cmd"].array ?? [])
        let isSystemd = words.contains { $0.string?.hasSuffix("/sbin/init") ?? false }
        let signal = body["StopSignal"].string ?? ""
        guard isSystemd, ["", "SIGTERM", "15"].contains(signal) else { return }
        body["StopSignal"] = .string(Systemd.stopSignal)
    }
}

extension Step {
    /// The replacement's agent finds it in its PATH: see `EntryScript.mountWrapper`.
    static func putMountWrapper(_ plan: Remount) -> Step {
        let path = EntryScript.mountWrapperPath
        func missing(_ world: World) throws -> Container? {
            guard let container = try world.madeContainer(plan.names),
                try world.engine.fileSize(container.id, path: path) == nil
            else { return nil }
            return container
        }
        return Step(
            name: "put mount wrapper into \(plan.vm)",
            do: { world in
                guard let container = try missing(world) else { return }
                try world.engine.writeFiles(container.id, [EntryScript.mountWrapperFile])
            },
            verify: { try missing($0) == nil },
            undo: .withAnother)  // it is the replacement's file
    }
}

extension Container {
    /// Whether a text is in what it runs.
    func runs(_ text: String) -> Bool {
        let config = json["Config"]
        let words = (config["Entrypoint"].array ?? []) + (config["Cmd"].array ?? [])
        return words.contains { $0.string?.contains(text) ?? false }
    }

    /// Whether what it runs mounts its disk at the store again when it starts.
    var restoresStore: Bool { runs(EntryScript.lastDisk) }

    /// The network that create is given below API 1.44. The Go CPI leaves the mode at "default", and
    /// such a container is on the networks that it was given, and on no other.
    var firstNetwork: String? {
        endpoints[networkMode] != nil ? networkMode : endpoints.keys.min()
    }
}
