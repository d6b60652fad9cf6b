import Engine

/// The container that a VM is: the body of `POST /containers/create`.
struct VMSpec {
    let plan: CreateVM.Plan
    let properties: VMProperties
    let networks: [BoshNetwork]

    func json(_ world: World) throws -> JSON {
        let version = try world.engine.version()
        let configuration = world.configuration
        let systemd = plan.systemd ?? false
        let host = try hostConfig(configuration, systemd: systemd, world)
        var labels = labels(world.request)
        labels[Label.unshown] = UnshownHostConfig.text(host)
        var body: JSON = [
            "Image": .string(plan.stemcell.description),
            // The stemcell's own entry point, if it has one, is not how an agent is started.
            "Entrypoint": ["/bin/sh", "-c"],
            "Cmd": [
                .string(
                    EntryScript.text(
                        systemd: systemd, settings: plan.agentSettings,
                        gateways: try gateways(world)))
            ],
            "Labels": JSON(Label.complete(labels, world)),
            "HostConfig": host,
            "NetworkingConfig": ["EndpointsConfig": endpoints(version)],
        ]
        if systemd { body["StopSignal"] = .string(Systemd.stopSignal) }
        if version < .severalEndpointsOnCreate {
            body["MacAddress"] = .string(plan.networks[0].mac)
        }
        if !properties.ports.isEmpty {
            body["ExposedPorts"] = .object(
                PublishedPort.bindings(properties.ports).mapValues { _ in [:] })
        }
        return body
    }

    private func labels(_ request: CallContext) -> [String: String] {
        // No address of the container's: what the outside knows the VM by.
        let vips = networks.filter { $0.kind == .vip }.compactMap(\.ip)
        return [
            Label.vm: plan.vm.description, Label.agent: plan.agent,
            Label.stemcellOfVM: plan.stemcell.description,
            Label.vip: vips.joined(separator: ","),
            Label.stemcellAPIVersion: String(request.stemcellAPIVersion ?? 1),
            Label.settingsPath: plan.agentSettings,
        ]
    }

    /// Where the default routes must lead. One network leaves no choice; of one that was missing Docker may have
    /// chosen the subnet.
    private func gateways(_ world: World) throws -> [String] {
        guard plan.networks.count > 1 else { return [] }
        let first = plan.networks[0]
        return first.gateways.isEmpty
            ? try world.engine.network(first.name)?.gateways ?? [] : first.gateways
    }

    /// The name servers of the network that `default` says, or of the only one. Not those of the container itself, such as
    /// Docker's own (127.0.0.11): Docker would ask itself.
    private var dns: [String] {
        let real = networks.filter { $0.kind != .vip }
        let chosen = real.first { $0.defaults.contains("dns") } ?? (real.count == 1 ? real[0] : nil)
        return (chosen?.dns ?? []).filter { !IPAddress.isLoopback($0) }
    }

    private func endpoints(_ version: APIVersion) -> JSON {
        let several = version >= .severalEndpointsOnCreate
        let networks = several ? plan.networks[...] : plan.networks.prefix(1)
        return .object(
            Dictionary(uniqueKeysWithValues: networks.map { ($0.name, $0.endpoint(version)) }))
    }

    private func hostConfig(_ configuration: Configuration, systemd: Bool, _ world: World) throws
        -> JSON
    {
        var host: JSON = [
            "Privileged": .bool(configuration.privileged),
            "RestartPolicy": ["Name": "unless-stopped"],
            "NetworkMode": .string(plan.networks[0].name),
        ]
        for (key, value) in properties.resources.hostConfig { host[key] = value }
        if systemd { host["CgroupnsMode"] = "host" }
        if !dns.isEmpty { host["Dns"] = JSON(dns) }
        for (key, value) in properties.hostConfig { host[key] = value }
        if !host["NanoCpus"].isNull { host["NanoCpus"] = try processors(host["NanoCpus"], world) }
        var binds = ["\(plan.vm.ephemeralVolume):\(VMPlace.data)"]
        binds += plan.disks.map(\.bind)
        // What the VM's type asks for at these places it gets: Docker refuses a place that is there twice.
        let asked = Set(properties.mounts.destinations)
        if properties.isPrivileged(configuration), !asked.contains("/usr/lib/modules") {
            binds.append("/lib/modules:/usr/lib/modules:ro")
        }
        if systemd, configuration.mountCgroupfs, !asked.contains("/sys/fs/cgroup"),
            try isCgroupV2(world)
        {
            binds.append("/sys/fs/cgroup:/sys/fs/cgroup:rw")
        }
        let volumes = plan.volumeNames
        host["Binds"] = JSON(properties.mounts.binds(naming: volumes) + binds)
        var mounts = properties.mounts.mounts(naming: volumes)
        if properties.lxcfs ?? configuration.lxcfs, !asked.contains(Lxcfs.target) {
            mounts.append(Lxcfs.mount)
        }
        if !mounts.isEmpty { host["Mounts"] = .array(mounts) }
        var ports = host["PortBindings"]
        for (port, bindings) in PublishedPort.bindings(properties.ports) where ports[port].isNull {
            ports[port] = bindings
        }
        if !ports.isNull { host["PortBindings"] = ports }
        return host
    }

    /// All that there are, where more are asked for: a type with vm_resources says what it needs at most, and Docker
    /// refuses more than it has.
    private func processors(_ wish: JSON, _ world: World) throws -> JSON {
        guard let asked = wish.int, let count = try world.engineInfo()["NCPU"].int,
            count > 0, Double(asked) > Double(count) * 1e9
        else { return wish }
        world.warn(
            "\(Double(asked) / 1e9) CPUs are asked for, and the Docker host has \(count): the VM may use all of them"
        )
        return .integer(Int64(count) * 1_000_000_000)
    }

    /// On version 1 that mount would stay busy for ever.
    private func isCgroupV2(_ world: World) throws -> Bool {
        DaemonKind.cgroupVersion(try world.engineInfo()) == "2"
    }
}
