import Engine

/// The container that takes over from `old`: the same but for the disk.
struct Replacement {
    let plan: Remount
    let old: Container

    /// The body of `POST /containers/create`. What an Engine shows of a container and does not take
    /// back, or would take twice, is left out.
    func spec(_ world: World) throws -> JSON {
        let version = try world.engine.version()
        var body = old.json["Config"]
        body["Image"] = .string(plan.image)
        body["Labels"] = JSON(labels(world))
        body["HostConfig"] = hostConfig
        let several = version >= .severalEndpointsOnCreate
        if several { body["MacAddress"] = .null }
        let endpoints = old.endpoints.filter { several || !plan.furtherNetworks.contains($0.key) }
        body["NetworkingConfig"] = [
            "EndpointsConfig": .object(
                Dictionary(
                    uniqueKeysWithValues: endpoints.map { name, endpoint in
                        let mac = several ? plan.macs[name] : nil
                        return (name, Replacement.endpoint(endpoint, id: old.id, mac: mac, version))
                    }))
        ]
        return body
    }

    /// What of an endpoint is a wish and not a state.
    static func endpoint(_ endpoint: JSON, id: String, mac: String?, _ version: APIVersion) -> JSON
    {
        var copy: JSON = [:]
        for key in ["IPAMConfig", "DriverOpts"] where !endpoint[key].isNull {
            copy[key] = endpoint[key]
        }
        // Engines before 25 list the short id among the aliases, where the next one adds its own.
        let aliases = (endpoint["Aliases"].array ?? []).compactMap(\.string)
            .filter { !id.hasPrefix($0) }
        if !aliases.isEmpty { copy["Aliases"] = JSON(aliases) }
        if let mac { copy["MacAddress"] = .string(mac) }
        if version >= .gatewayPriority, !endpoint["GwPriority"].isNull {
            copy["GwPriority"] = endpoint["GwPriority"]
        }
        return copy
    }

    private func labels(_ world: World) -> [String: String] {
        var labels = old.labels
        labels[Label.operation] = world.operation
        labels[Label.version] = CPI.version
        labels[Label.createdAt] = world.timestamp
        labels[Label.host] = Machine.here
        labels[Label.vm] = plan.vm.description
        labels[Label.replaces] = old.id
        if let metadata = plan.metadata { labels[Label.metadata] = metadata }
        return labels
    }

    private var hostConfig: JSON {
        var host = old.json["HostConfig"]
        let hint = plan.disk.hint
        var binds = (host["Binds"].array ?? []).compactMap(\.string)
            .filter { Replacement.destination(ofBind: $0) != hint }
        // Volumes that the image declares are in neither list: by name, or the VM would get new ones.
        let declared = Set(
            binds.map(Replacement.destination)
                + (host["Mounts"].array ?? []).compactMap { $0["Target"].string })
        for mount in old.mounts
        where mount.type == "volume" && !declared.contains(mount.destination)
            && mount.destination != hint
        {
            binds.append("\(mount.name):\(mount.destination)")
        }
        if plan.isAttach { binds.append("\(plan.disk):\(hint)") }
        host["Binds"] = JSON(binds)
        if let mounts = host["Mounts"].array {
            host["Mounts"] = .array(mounts.filter { $0["Target"].string != hint })
        }
        if let policy = plan.restartPolicy { host["RestartPolicy"]["Name"] = .string(policy) }
        return host
    }

    /// `SOURCE:DESTINATION[:OPTIONS]`; a destination may be written with a slash at its end.
    private static func destination(ofBind bind: String) -> String {
        let parts = bind.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return bind }
        let path = parts[1]
        return String(path.count > 1 && path.hasSuffix("/") ? path.dropLast() : path)
    }
}

extension Remount {
    /// Replaces the VM's container unless what makes that unwise is found first.
    static func replace(
        _ container: Container, method: String, vm: VMCID, disk: DiskCID, _ world: World
    ) throws -> Remount {
        if let layers = try world.engine.image(container.imageID)?.layers, layers >= maximalLayers {
            throw CPIError(
                kind: .cloud,
                message: "VM \(vm) was remounted so often that its image has \(layers) layers, "
                    + "the most there can be; recreate it (bosh recreate)")
        }
        var plan = Remount(
            change: .replace, method: method, operation: world.operation, vm: vm, disk: disk,
            old: container.id, wasRunning: container.isRunning)
        if ["always", "on-failure"].contains(container.restartPolicy) {
            plan.restartPolicy = container.restartPolicy
        }
        plan.macs = container.endpoints.compactMapValues { $0["MacAddress"].string }
            .filter { !$0.value.isEmpty }
        if try world.engine.version() < .severalEndpointsOnCreate {
            let first = container.json["HostConfig"]["NetworkMode"].string
            plan.furtherNetworks = container.endpoints.keys.filter { $0 != first }.sorted()
        }
        plan.metadata = world.latestMetadata(vm)
        return plan
    }

    /// overlay2 mounts 127 layers; the next commit and the container's own need one each.
    private static let maximalLayers = 120
}
