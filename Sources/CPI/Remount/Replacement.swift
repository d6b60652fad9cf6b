import Engine

/// The container that takes over from `old`: the same but for the disk.
struct Replacement {
    let plan: Remount
    let old: Container

    /// The body of `POST /containers/create`. What an Engine shows of a container and does not take
    /// back, or would take twice, is left out.
    func spec(_ world: World) throws -> JSON {
        // Docker may echo it.
        world.recorder.store.redactor.learn(from: old)
        let version = try world.engine.version()
        var body = old.json["Config"]
        body["Image"] = .string(plan.image)
        body["Labels"] = JSON(try labels(world))
        body["HostConfig"] = hostConfig
        if plan.adopts == true {
            Adoption.adopt(&body, settings: old.settingsPath(world.configuration))
        }
        // Docker shows names of the host's there, and does not take them back.
        if old.json["HostConfig"]["UTSMode"].string == "host" {
            body["Hostname"] = .null
            body["Domainname"] = .null
        }
        let several = version >= .severalEndpointsOnCreate
        if several { body["MacAddress"] = .null }
        if !several, plan.addresses != nil {
            body["MacAddress"] =
                old.firstNetwork.flatMap { plan.macs[$0] }.map(JSON.string) ?? .null
        }
        let endpoints = old.endpoints.filter { several || !plan.furtherNetworks.contains($0.key) }
        body["NetworkingConfig"] = [
            "EndpointsConfig": .object(
                Dictionary(
                    uniqueKeysWithValues: endpoints.map { name, endpoint in
                        let mac = several ? plan.macs[name] : nil
                        return (
                            name,
                            Replacement.endpoint(
                                endpoint.json, id: old.id, mac: mac, asked: plan.addresses?[name],
                                version)
                        )
                    }))
        ]
        return body
    }

    /// The volumes that it takes over: all must be there. A disk that is detached is none of them.
    var volumes: [String] {
        ReplacementMounts(old: old).volumes.filter { $0 != plan.disk.description || plan.isAttach }
    }

    /// What of an endpoint is a wish and not a state. `asked`: the addresses, where it does not show them.
    static func endpoint(
        _ endpoint: JSON, id: String, mac: String?, asked: JSON?, _ version: APIVersion
    ) -> JSON {
        var copy: JSON = [:]
        if let asked { copy["IPAMConfig"] = asked }
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

    private func labels(_ world: World) throws -> [String: String] {
        var labels = Label.made(old.labels, world)
        labels[Label.vm] = plan.vm.description
        labels[Label.replaces] = old.id
        labels[Label.blueprint] = ""
        labels[Label.endOfOld] = try world.madeImage(plan.image)?.labels[Label.endOfOld] ?? ""
        if let metadata = plan.metadata { labels[Label.metadata] = metadata }
        return labels
    }

    /// It must not come up by itself before it has been seen to work: restart policy "no", until the
    /// pivot gives it its own.
    private var hostConfig: JSON {
        let mounts = ReplacementMounts(old: old)
        var host = UnshownHostConfig.completing(old.json["HostConfig"], old.labels)
        var binds = mounts.binds.filter { $0.destination != plan.disk.hint }.map(\.text)
        if plan.isAttach { binds.append(plan.disk.bind) }
        host["Binds"] = JSON(binds)
        host["Mounts"] = .array(
            mounts.mounts.filter { $0.target != plan.disk.hint }.map(\.json))
        host["VolumesFrom"] = .null
        host["RestartPolicy"] = ["Name": "no"]
        Replacement.takeBack(&host)
        return host
    }

    /// What podman shows otherwise than it takes it: the share of the processors twice, and devices
    /// without a mode.
    private static func takeBack(_ host: inout JSON) {
        if (host["NanoCpus"].int ?? 0) > 0 {
            host["CpuPeriod"] = .null
            host["CpuQuota"] = .null
        }
        guard let devices = host["Devices"].array, !devices.isEmpty else { return }
        host["Devices"] = .array(
            devices.map { device in
                var whole = device
                if whole["CgroupPermissions"].string == "" { whole["CgroupPermissions"] = "rwm" }
                return whole
            })
    }
}

extension Remount {
    /// Replaces the VM's container unless what makes that unwise is found first: nothing is stopped
    /// before. Throws `CPIError` or `EngineError`.
    static func replace<M: DiskMethod>(_ container: Container, for call: M, _ world: World) throws
        -> Remount
    {
        let (vm, disk) = (call.vm, call.disk)
        try container.requireReplaceable(vm, world)
        try world.requireNoneBeside(container, of: vm)
        var plan = Remount(
            change: .replace, method: M.name, operation: world.operation, vm: vm, disk: disk,
            old: container.id, wasRunning: container.isRunning, startedAt: container.startedAt)
        plan.restartPolicy = RestartPolicy(
            name: container.restartPolicy, retries: container.restartRetries)
        plan.suspendsRestarts = try plan.restartPolicy.startsStopped(world.engine)
        if try world.engine.isPodman() { plan.addresses = try container.seenAddresses(vm) }
        plan.macs = container.macs(of: vm, world)
        if try world.engine.version() < .severalEndpointsOnCreate {
            let first = container.firstNetwork
            plan.furtherNetworks = container.endpoints.keys.filter { $0 != first }.sorted()
        }
        plan.tellsSettings = try world.settingsDiffer(container, disk, wanted: plan.isAttach)
        if vm.isGoCPIs { plan.adopts = !container.restoresStore }
        plan.isKept = !plan.isAttach && world.configuration.pin == .always
        plan.metadata = world.recorder.store.latestMetadata(of: vm)
        return plan
    }
}

extension Container {
    /// The MACs by network. From 28 on Docker shows none of a VM that is stopped, and would give a replacement
    /// another one: then it is what create_vm asked for, by the journal or made from the address as there.
    fileprivate func macs(of vm: VMCID, _ world: World) -> [String: String] {
        let shown = endpoints.compactMapValues(\.mac)
        guard !isRunning, !vm.isGoCPIs else { return shown }
        let asked = world.recorder.store.macs(of: vm)
        let made = endpoints.compactMapValues { endpoint in
            endpoint.askedIPv4.flatMap(IPAddress.bytes)
        }.mapValues { NetworkPlan.mac($0) }
        return made.merging(asked.filter { endpoints[$0.key] != nil }) { _, asked in asked }
            .merging(shown) { _, shown in shown }
    }

    /// overlay2 mounts 127 layers; the next commit and the container's own need one each.
    private static let maximalLayers = 120

    /// Throws `CPIError` for a container that cannot be replaced without losing something.
    fileprivate func requireReplaceable(_ vm: VMCID, _ world: World) throws {
        try requireStoppable(vm)
        if let layers = try world.engine.image(imageID)?.layers,
            layers >= Container.maximalLayers
        {
            throw CPIError.cloud(
                "VM \(vm) was remounted so often that its image has \(layers) layers, "
                    + "the most there can be; recreate it (bosh recreate)")
        }
        if let mount = mounts.first(where: { $0.type == "volume" && $0.name.isEmpty }) {
            throw CPIError.cloud(
                "VM \(vm) has a volume at \(mount.destination) whose name Docker does not "
                    + "show: it could not be carried over")
        }
        try requireCommittable(vm, world)
    }

    /// Throws `CPIError` where a commit would lose a file. While the container runs, one may come after the look.
    func requireCommittable(_ vm: VMCID, _ world: World) throws {
        // In a layer such a name means that the file without the prefix is deleted.
        let whiteout = try world.engine.changes(id).first { path in
            path.split(separator: "/").last?.hasPrefix(".wh.") == true
        }
        if let whiteout {
            throw CPIError.cloud(
                "VM \(vm) has the file \(whiteout), which a commit would take for the "
                    + "removal of another file; remove or rename it first")
        }
    }

    /// Throws `CPIError` for a container that must not be stopped.
    func requireStoppable(_ vm: VMCID) throws {
        guard !autoRemove else {
            throw CPIError.cloud(
                "VM \(vm) has AutoRemove set: Docker would delete it when it stops")
        }
        try requireSteady(vm)
    }

    /// Throws `CPIError` for a container that cannot be looked into.
    func requireSteady(_ vm: VMCID) throws {
        guard !isRestarting else {
            throw CPIError.cloud(
                "VM \(vm) ends again and again, with exit code \(exitCode), and Docker starts "
                    + "it; docker logs \(name) says why; next: docker stop \(name), and repeat the call"
            )
        }
        guard !isPaused else {
            throw CPIError.cloud(
                "VM \(vm) is paused; next: docker unpause \(name), and repeat the call")
        }
    }
}
