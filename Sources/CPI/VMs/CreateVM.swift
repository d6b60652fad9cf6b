import Engine
import Journal

/// Makes a VM: networks, ephemeral volume, container, settings; starts it, sees that it runs. The
/// container has a temporary name until its last step, the rename to the CID.
struct CreateVM: Mutation {
    static let name = "create_vm"
    static let arguments = [
        "agent_id", "stemcell_cid", "cloud_properties", "networks", "disk_cids", "env",
    ]
    static let optionalArguments = 2
    static let rule = RecoveryRule.removeIncomplete
    static let makes: Subject.Kind? = .vm
    struct Plan: Codable {
        let vm: VMCID
        let agent: String
        let stemcell: StemcellCID
        /// The one with the default route first.
        let networks: [NetworkPlan]
        /// Mounted from the start, so that attach_disk needs no restart: those that it could not mount
        /// while the VM runs.
        let disks: [DiskCID]
        /// Networks that create cannot take besides the first one.
        let furtherNetworks: [String]
        /// Where volumes are asked for without a name: they get names of the VM's, and go with it.
        var furtherVolumes: [String] = []
        /// Of the volumes with names of their own those that were not there: Docker makes them with the container.
        var newVolumes: [String] = []
        /// Whether process 1 is systemd, and where the agent reads its settings; nil in plans that other
        /// versions made.
        var systemd: Bool?
        var settingsPath: String?
        /// The id of the stemcell's image; nil in plans that other versions made.
        var image: String?
        var agentSettings: String { settingsPath ?? AgentSettings.usualPath }

        var names: [String] { [vm.incomplete, vm.description] }

        /// The names of all volumes that are made for it.
        var volumes: [String] { [vm.ephemeralVolume] + volumeNames.values.sorted() }

        /// The name of the volume for each of these places.
        var volumeNames: [String: String] {
            let pairs = furtherVolumes.enumerated().map { ($1, vm.furtherVolume($0 + 1)) }
            return Dictionary(pairs, uniquingKeysWith: { one, _ in one })
        }
    }

    let agent: String
    let stemcell: StemcellCID
    let properties: VMProperties
    let networksField: Field
    let networks: [BoshNetwork]
    let disks: [DiskCID]
    let env: JSON
    var subjects: [Subject] { [Subject(.agent, agent)] + disks.map(\.subject) }

    init(_ arguments: Arguments) throws {
        agent = try arguments[0].nonEmptyString()
        guard agent.utf8.count <= 200, agent.utf8.allSatisfy(\.isNameCharacter) else {
            throw Field.Wrong(description: "agent_id may hold letters, digits, '_', '.' and '-'")
        }
        stemcell = try StemcellCID(arguments[1])
        properties = try VMProperties(arguments[2])
        networksField = arguments[3]
        networks = try arguments[3].members().map { try BoshNetwork($0.field) }
        disks = try arguments[4].optional { try $0.array().map { try DiskCID($0) } } ?? []
        env = .object(try arguments[5].optional { try $0.object() } ?? [:])
    }

    /// Also the incomplete VM of the same agent, and one that holds an address which this one needs:
    /// nobody has their CIDs.
    func inTheWay(_ search: Search) throws -> [OpenOperation] {
        let incomplete = try search.incompleteVMs { container in
            try container.labels[Label.agent] == agent
                || networks.contains { try container.hasAddress(of: $0, search.world) }
        }
        return try search.about(subjects) + incomplete
    }

    /// Whoever asks again for an address because no answer came (bosh create-env does) would never get it, and one agent
    /// must not run twice: the VM that the first call made is deleted first, for nobody knows its CID.
    func preparation(_ world: World) throws -> (any Mutation)? {
        guard let director = world.request.director else { return nil }
        for (operation, made) in try UnansweredCalls(world: world).vms(of: director) {
            guard let container = try world.engine.container(made.cid),
                container.isVM(VMCID(made.cid)),
                try container.labels[Label.agent] == agent
                    || networks.contains(where: { try container.hasAddress(of: $0, world) })
            else { continue }
            world.warn(
                "VM \(made.cid) has an address or the agent that is asked for: create_vm \(operation.id) made it for this "
                    + "director, and as far as is known nobody has its CID; it is deleted first")
            return DeleteVM(VMCID(made.cid))
        }
        return nil
    }

    func plan(_ world: World) throws -> Plan {
        world.warn(ofUnknown: properties.unknown, in: "cloud_properties")
        if world.configuration.privileged, !properties.isPrivileged(world.configuration) {
            world.warn(
                "cloud_properties.Privileged is false: the agents of most stemcells do not start so"
            )
        }
        for network in self.networks {
            world.warn(
                ofUnknown: network.properties.unknown, in: "\(network.field.name).cloud_properties")
        }
        guard let image = try world.engine.image(stemcell.description) else {
            throw CPIError(kind: .vmCreationFailed, message: "stemcell \(stemcell) does not exist")
        }
        try world.requireFitForVMs()
        try properties.requireControllers(world)
        let networks = try NetworkPlan.plans(networks, world)
        try warn(networks, world)
        try properties.requireNothingForeign(world, network: networks[0].name)
        let settings = AgentSettings.path(image.labels, world.configuration)
        try properties.requireUncovered(settings)
        let several = try world.engine.version() >= .severalEndpointsOnCreate
        return Plan(
            vm: .random(), agent: agent, stemcell: stemcell, networks: networks,
            disks: try freeDisks(world),
            furtherNetworks: several ? [] : networks.dropFirst().map(\.name),
            furtherVolumes: properties.unnamedVolumes(declared: image.declaredVolumes),
            newVolumes: try properties.mounts.named.filter { try world.engine.volume($0) == nil },
            systemd: properties.startsWithSystemd(image, world.configuration),
            settingsPath: settings,
            image: image.id)
    }

    /// Disks that are there and that no other container mounts: in a create-swap-delete update the
    /// old VM is still writing to its disk, and attach_disk does the work later. So it does for a disk
    /// that it can mount while the VM runs.
    private func freeDisks(_ world: World) throws -> [DiskCID] {
        var free: [DiskCID] = []
        for disk in disks where !free.contains(disk) {
            guard let volume = try world.disk(disk) else {
                world.warn("disk \(disk) does not exist; the VM is made without it")
                continue
            }
            let isPrivileged = properties.isPrivileged(world.configuration)
            guard try !LiveChange.isExpected(of: volume, isPrivileged: isPrivileged, world) else {
                continue
            }
            if try world.currentHolders(of: disk).isEmpty, try world.vmWithoutPin(disk) == nil {
                free.append(disk)
            }
        }
        return free
    }

    static func subjects(of plan: Plan) -> [Subject] {
        [plan.vm.subject, plan.stemcell.subject] + plan.networks.map { Subject(.network, $0.name) }
    }

    static func steps(_ plan: Plan, _ call: CreateVM?) -> [Step] {
        return plan.networks.filter(\.isToBeSeen).map {
            .createNetwork($0, call?.properties(of: $0))
        }
            + plan.volumes.map {
                .createVolume($0) { world in
                    try world.storageLabels().merging([Label.vm: plan.vm.description]) { $1 }
                }
            }
            + [.createVM(plan, call)]
            + plan.networks.filter { plan.furtherNetworks.contains($0.name) }.map { network in
                .connect(
                    plan.names, to: network.name,
                    prepare: { try $0.ensure(network, call?.properties(of: network)) },
                    endpoint: { network.endpoint(try $0.engine.version()) })
            }
            + [
                .putSettings(plan, call),
                .startMade(plan.names),
                .verifyRuns(plan, call),
            ] + naming(plan)
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        // By its name alone: a later attach_disk has put its own label on it.
        let named = try world.engine.container(plan.vm.description)
        if named?.labels[Label.vm] == plan.vm.description { return .complete }
        // Somebody may have renamed it by hand, after it was complete or before: it is kept then.
        let made = try world.madeContainer(plan.names)
        return made == nil || made?.name == plan.vm.incomplete ? .incomplete : .complete
    }

    static func differencesFromBefore(_ plan: Plan, _ world: World) throws -> [String] {
        let container = try world.madeContainer(plan.names).map { "container \($0.name) is left" }
        let volumes = try plan.volumes.filter { try world.madeVolume($0) != nil }
        let others = try plan.newVolumes.filter { try world.engine.volume($0) != nil }
        return [container].compactMap(\.self) + volumes.map { "volume \($0) is left" }
            + others.map { "volume \($0), which was not there before, is there" }
            + (try plan.networks.filter(\.isToBeSeen)
                .filter { try world.madeNetwork($0.name) != nil }
                .map { "network \($0.name) is left, for others may use it" })
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON {
        let cid = JSON.string(plan.vm.description)
        return request.isVersion2 ? [cid, networksField.value] : cid
    }

    /// The director makes the same call again when `ok_to_retry` says that this may help.
    static func error(_ error: CPIError, cause: Error) -> CPIError {
        guard error.kind == .cloud || error.kind == .vmCreationFailed else { return error }
        return CPIError(
            kind: .vmCreationFailed, message: error.message, okToRetry: CPIError.isTransient(cause))
    }
}

extension Container {
    /// Whether it was given the address that an entry of create_vm asks for, as opposed to one of Docker's
    /// choice, on the Docker network that the entry names, if it names one. podman does not tell one from
    /// the other: any address that it has counts there.
    fileprivate func hasAddress(of network: BoshNetwork, _ world: World) throws -> Bool {
        guard network.kind == .manual, let ip = network.ip else { return false }
        let isPodman = try world.engine.isPodman()
        return endpoints.contains { name, endpoint in
            let given = isPodman ? endpoint.addresses : endpoint.askedAddresses
            return given.contains { IPAddress.isSame($0, ip) }
                && (network.properties.name ?? name) == name
        }
    }
}
