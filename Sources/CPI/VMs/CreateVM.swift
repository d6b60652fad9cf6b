import Engine
import Journal

/// Makes a VM: networks, ephemeral volume, container, settings; starts it, sees that it runs. The
/// container has a temporary name until its last step, the rename to the CID.
struct CreateVM: Mutation {
    static let name = "create_vm"
    static let lane = Lane.undo
    struct Plan: Codable {
        let vm: VMCID
        let agent: String
        let stemcell: StemcellCID
        /// The one with the default route first.
        let networks: [NetworkPlan]
        /// Mounted from the start, so that attach_disk needs no restart.
        let disks: [DiskCID]
        /// Networks that create cannot take besides the first one.
        let furtherNetworks: [String]

        var names: [String] { [vm.unmade, vm.description] }
    }

    let agent: String
    let stemcell: StemcellCID
    let properties: VMProperties
    let networksField: Field
    let networks: [BoshNetwork]
    let disks: [DiskCID]
    let env: JSON
    var subjects: [Subject] { [Subject(.agent, agent)] + disks.map(\.subject) }

    init(_ values: [JSON]) throws {
        let arguments = try Arguments(
            values,
            ["agent_id", "stemcell_cid", "cloud_properties", "networks", "disk_cids", "env"],
            optional: 2, of: Self.name)
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

    /// Also the unmade VM of the same agent, and one that holds an address which this one needs:
    /// nobody has their CIDs.
    func settleBefore(_ settlement: Settlement) throws {
        try settlement.settle(subjects)
        try settlement.settleUnmade { container in
            let addresses = container.endpoints.values.flatMap { endpoint in
                ["IPv4Address", "IPv6Address"].compactMap { endpoint["IPAMConfig"][$0].string }
            }
            return container.labels[Label.agent] == agent
                || networks.contains { $0.ip.map(addresses.contains) ?? false }
        }
    }

    func plan(_ world: World) throws -> Plan {
        if !properties.unknown.isEmpty {
            let names = properties.unknown.map { $0.prefix(60) }.joined(separator: ", ")
            world.warn("cloud_properties that are not known here are ignored: \(names)")
        }
        guard try world.engine.image(stemcell.description) != nil else {
            throw CPIError(kind: .vmCreationFailed, message: "stemcell \(stemcell) does not exist")
        }
        let networks = try NetworkPlan.plans(networks, world)
        let several = try world.engine.version() >= .severalEndpointsOnCreate
        return Plan(
            vm: VMCID(world.newName("vm")), agent: agent, stemcell: stemcell, networks: networks,
            disks: try freeDisks(world),
            furtherNetworks: several ? [] : networks.dropFirst().map(\.name))
    }

    /// Disks that are there and that no other container mounts: in a create-swap-delete update the
    /// old VM is still writing to its disk, and attach_disk does the work later.
    private func freeDisks(_ world: World) throws -> [DiskCID] {
        var free: [DiskCID] = []
        for disk in disks where !free.contains(disk) {
            guard try world.disk(disk) != nil else {
                world.warn("disk \(disk) does not exist; the VM is made without it")
                continue
            }
            if try world.holders(of: disk).isEmpty { free.append(disk) }
        }
        return free
    }

    static func subjects(of plan: Plan) -> [Subject] {
        [plan.vm.subject, plan.stemcell.subject] + plan.networks.map { Subject(.network, $0.name) }
    }

    static func steps(_ plan: Plan, _ call: CreateVM?) -> [Step] {
        plan.networks.filter(\.isMissing).map { .createNetwork($0) }
            + [
                .createVolume(plan.vm.ephemeralVolume, labels: [Label.vm: plan.vm.description]),
                .createVM(plan, call),
            ]
            + plan.networks.filter { plan.furtherNetworks.contains($0.name) }.map { network in
                .connect(plan.names, to: network.name) { network.endpoint(try $0.engine.version()) }
            }
            + [
                .putSettings(plan, call),
                .startOurs(plan.names),
                .verifyRuns(plan),
                .renameOurs(from: plan.vm.unmade, to: plan.vm.description),
            ]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        // By its name alone: a later attach_disk has put its own label on it.
        try world.vm(plan.vm) != nil ? .made : .notMade
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON {
        let cid = JSON.string(plan.vm.description)
        return request.isVersion2 ? [cid, networksField.value] : cid
    }

    /// The director makes the same call again when it is told that this may help.
    static func error(_ error: CPIError, cause: Error) -> CPIError {
        guard error.kind == .cloud || error.kind == .vmCreationFailed else { return error }
        return CPIError(
            kind: .vmCreationFailed, message: error.message, okToRetry: CPIError.isTransient(cause))
    }
}

extension Step {
    fileprivate static func createVM(_ plan: CreateVM.Plan, _ call: CreateVM?) -> Step {
        Step(
            name: "create container \(plan.vm.unmade)",
            do: { world in
                let spec = try VMSpec(plan: plan, properties: try call.known().properties).json(
                    world)
                let warnings = try world.engine.createContainer(plan.vm.unmade, spec).warnings
                warnings.forEach(world.warn)
                for disk in plan.disks {
                    try world.requireSoleHolder(of: disk, plan.vm, making: plan.vm.unmade)
                }
            },
            verify: { try $0.ourContainer(plan.names) != nil },
            undo: { try $0.removeOurContainer(plan.names, anonymousVolumes: true) })
    }

    /// Before the first start: an agent that boots without its settings fails.
    fileprivate static func putSettings(_ plan: CreateVM.Plan, _ call: CreateVM?) -> Step {
        Step(
            name: "put settings into \(plan.vm.unmade)",
            do: { world in
                let call = try call.known()
                let settings = try AgentSettings.json(
                    plan.vm, agent: plan.agent, networks: call.networksField, env: call.env,
                    world.configuration.agent)
                try world.engine.writeFile(
                    plan.vm.unmade, path: world.configuration.agentSettingsPath,
                    content: settings.bytes)
                try world.engine.writeFile(
                    plan.vm.unmade, path: EntryScript.mountWrapperPath,
                    content: Array(EntryScript.mountWrapper.utf8), mode: 0o755)
            },
            verify: { _ in false },
            undo: { _ in })  // they go with the container
    }

    /// It still runs a moment after its start, and its agent is up if that is to be waited for.
    fileprivate static func verifyRuns(_ plan: CreateVM.Plan) -> Step {
        Step(
            name: "verify that \(plan.vm.unmade) runs",
            do: { world in
                let seconds = world.configuration.timeouts.agentReadyOnCreate
                let isUp =
                    try seconds > 0
                    && AgentProbe(world: world).wait(plan.vm.unmade, seconds: seconds)
                if seconds == 0 { world.sleep(seconds: 0.15) }
                let container = try world.engine.inspectContainer(plan.vm.unmade)
                guard container.isRunning, container.restarts == 0 else {
                    throw CPIError(
                        kind: .cloud,
                        message:
                            "the container stopped right after its start, with exit code \(container.exitCode)"
                            + (container.startError.isEmpty ? "" : ": \(container.startError)"))
                }
                guard isUp || seconds == 0 else {
                    throw CPIError(
                        kind: .cloud,
                        message: "the agent was not up \(seconds) seconds after the start")
                }
            },
            verify: { try $0.ourContainer(plan.names)?.isRunning == true },
            undo: { _ in })
    }
}

extension Optional where Wrapped == CreateVM {
    /// Settings hold secrets and are in no plan: only the first process has them.
    fileprivate func known() throws -> CreateVM {
        guard let call = self else {
            throw CPIError(
                kind: .cloud, message: "the settings of a VM are known to the first process only")
        }
        return call
    }
}
