import Engine

extension FakeDocker.State {
    struct Mount: Equatable {
        /// volume, bind or tmpfs.
        var type: String
        /// A volume's name or a path of the host.
        var source: String
        var destination: String
        var mode: String
        var isWritable: Bool
        var propagation: String

        var isVolume: Bool { type == "volume" }

        init(isVolume: Bool, source: String, destination: String) {
            self.init(isVolume ? "volume" : "bind", source, destination)
        }

        /// `options` are those of a bind: "ro", "rslave", "z" and so on, with commas between them.
        init(_ type: String, _ source: String, _ destination: String, options: String? = nil) {
            let words = (options ?? "").split(separator: ",").map(String.init)
            let known = ["private", "rprivate", "shared", "rshared", "slave", "rslave"]
            self.type = type
            self.source = source
            self.destination =
                destination.count > 1 && destination.hasSuffix("/")
                ? String(destination.dropLast()) : destination
            mode = options ?? (type == "volume" ? "z" : "")
            isWritable = !words.contains("ro")
            propagation = words.first(where: known.contains) ?? (type == "bind" ? "rprivate" : "")
        }

        /// As inspect shows it.
        var json: JSON {
            var json: JSON = [
                "Type": .string(type), "Source": .string(type == "bind" ? source : ""),
                "Destination": .string(destination), "Mode": .string(mode),
                "RW": .bool(isWritable), "Propagation": .string(propagation),
            ]
            if isVolume {
                json["Name"] = .string(source)
                json["Driver"] = "local"
                json["Source"] = .string("/var/lib/docker/volumes/\(source)/_data")
            }
            return json
        }
    }
}

extension FakeDocker {
    /// What a container mounts: what it takes over from others, its binds, its mounts, and volumes
    /// without a name where its configuration declares some. Makes the volumes that are missing.
    func mounts(_ host: JSON, declared: [String]) throws -> [State.Mount] {
        let binds = try (host["Binds"].array ?? []).compactMap(\.string).map(bind)
        let own = binds + (host["Mounts"].array ?? []).map(mount)
        if let one = own.dropFirst(binds.count).first(where: {
            $0.type == "bind" && state.missingPaths.contains($0.source)
        }) {
            throw Refusal(
                400,
                "invalid mount config for type \"bind\": bind source path does not exist: "
                    + one.source)
        }
        for (index, mount) in own.enumerated()
        where own[..<index].contains(where: { $0.destination == mount.destination }) {
            throw Refusal(400, "Duplicate mount point: \(mount.destination)")
        }
        var mounts = try (host["VolumesFrom"].array ?? []).compactMap(\.string).flatMap(others)
        mounts.removeAll { mount in own.contains { $0.destination == mount.destination } }
        mounts += own
        for path in declared where !mounts.contains(where: { $0.destination == path }) {
            mounts.append(State.Mount("volume", "", path))
        }
        for (index, mount) in mounts.enumerated() where mount.isVolume {
            if mount.source.isEmpty {
                mounts[index].source = state.newID()
                state.volumes[mounts[index].source] = State.Volume(
                    name: mounts[index].source, isAnonymous: true)
            } else if state.volumes[mount.source] == nil {
                state.volumes[mount.source] = State.Volume(name: mount.source)
            }
        }
        return mounts
    }

    /// `SOURCE:DESTINATION[:OPTIONS]`, or a destination alone for a volume without a name.
    private func bind(_ text: String) throws -> State.Mount {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.last?.isEmpty == false,
            parts[min(1, parts.count - 1)].hasPrefix("/")
        else { throw Refusal(400, "invalid volume specification: '\(text)'") }
        guard parts.count > 1 else { return State.Mount("volume", "", parts[0]) }
        let type = parts[0].hasPrefix("/") ? "bind" : "volume"
        return State.Mount(type, parts[0], parts[1], options: parts.count == 3 ? parts[2] : nil)
    }

    private func mount(_ json: JSON) -> State.Mount {
        var mount = State.Mount(
            json["Type"].string ?? "volume", json["Source"].string ?? "",
            json["Target"].string ?? "")
        mount.isWritable = json["ReadOnly"].bool != true
        if let propagation = json["BindOptions"]["Propagation"].string, !propagation.isEmpty {
            mount.propagation = propagation
        }
        return mount
    }

    /// `CONTAINER[:ro|rw]`: all that it mounts, never more writable than there.
    private func others(_ text: String) throws -> [State.Mount] {
        let parts = text.split(separator: ":").map(String.init)
        guard let container = state.container(parts.first ?? "") else {
            throw Refusal(404, "No such container: \(parts.first ?? "")")
        }
        let mode = parts.count > 1 ? parts[1] : "rw"
        guard ["ro", "rw"].contains(mode) else { throw Refusal(400, "invalid mode: \(mode)") }
        return container.mounts.map { mount in
            var copy = mount
            copy.mode = ""
            copy.isWritable = mount.isWritable && mode == "rw"
            return copy
        }
    }
}
