import Engine

extension Step {
    static func createVM(_ plan: CreateVM.Plan, _ call: CreateVM?) -> Step {
        Step(
            name: "create container \(plan.vm.incomplete)",
            do: { world in
                let call = try call.known()
                let spec = try VMSpec(
                    plan: plan, properties: call.properties, networks: call.networks
                ).json(world)
                world.progress.newVolumes = plan.newVolumes
                try world.joining(plan, call) {
                    try world.createVM(
                        plan.vm.incomplete, spec, requiresLxcfs: call.properties.lxcfs == true)
                }
            },
            check: { world in
                for volume in plan.volumes {
                    guard try world.madeVolume(volume) == nil else { continue }
                    try world.removeIncomplete(plan)
                    throw CPIError.cloud("volume \(volume) is gone")
                }
                for disk in plan.disks {
                    try world.requireNotMadeAnew(disk, for: try world.madeContainer(plan.names)) {
                        try world.removeIncomplete(plan)
                    }
                    try world.requireSoleHolder(of: disk, plan.vm)
                }
            },
            verify: { try $0.madeContainer(plan.names) != nil },
            undo: .by { try $0.removeIncomplete(plan) })
    }

    /// Before the first start: an agent that boots without its settings fails.
    static func putSettings(_ plan: CreateVM.Plan, _ call: CreateVM?) -> Step {
        Step(
            name: "put settings into \(plan.vm.incomplete)",
            do: { world in
                let call = try call.known()
                let settings = try AgentSettings.json(
                    plan.vm, agent: plan.agent, networks: call.networksField, env: call.env,
                    world.configuration.agent)
                let path = plan.agentSettings
                let file = Tar.File(path: path, content: settings.bytes)
                do {
                    try world.engine.writeFiles(
                        plan.vm.incomplete, [file, EntryScript.mountWrapperFile])
                } catch let error as EngineError where error.isAboutLink {
                    throw CPIError.cloud(
                        "\(error): Docker writes into no container that has a mount below a "
                            + "symbolic link of its image; give the place itself in cloud_properties, "
                            + "such as /run/… for /var/run/…")
                }
            },
            verify: { _ in false },
            undo: .withAnother)  // of the container
    }

    /// Its entry script has come to its end, it runs, and its agent is up if that is to be waited for.
    static func verifyRuns(_ plan: CreateVM.Plan, _ call: CreateVM?) -> Step {
        Step(
            name: "verify that \(plan.vm.incomplete) runs",
            do: { world in
                let seconds = world.configuration.timeouts.agentReadyOnCreate
                let name = plan.vm.incomplete
                // What the container's state says explains most failures of the look.
                let proof = Result {
                    try seconds > 0
                        ? AgentProbe(world: world).wait(name, seconds: seconds)
                        : world.hasBecomeInit(name)
                }
                let container = try world.engine.inspectContainer(name)
                guard container.isRunning, container.restarts == 0 else {
                    throw CPIError.cloud(
                        "the container stopped right after its start, with exit code \(container.exitCode)"
                            + (container.startError.isEmpty ? "" : ": \(container.startError)"))
                }
                guard try world.isMade(container, of: plan.image) else {
                    throw CPIError.cloud(
                        "stemcell \(plan.stemcell) is another image by now: somebody has given its name away"
                    )
                }
                let lost = plan.networks.map(\.name).filter { !container.isOn($0) }
                guard lost.isEmpty else {
                    throw CPIError.cloud(
                        "somebody has disconnected the VM from network "
                            + lost.joined(separator: ", "))
                }
                guard try proof.get() else {
                    throw CPIError.cloud(
                        seconds > 0
                            ? "the agent was not up \(seconds) seconds after the start"
                            : "its entry script is still running, or could not be looked at; "
                                + "docker logs says more")
                }
                call?.properties.warnOfIgnored(by: container, world)
            },
            verify: { try $0.madeContainer(plan.names)?.isRunning == true },
            undo: .withAnother)
    }
}

extension Container {
    /// Of a network by its name, or by its id, which cloud_properties may have in its place.
    fileprivate func isOn(_ network: String) -> Bool {
        endpoints[network] != nil
            || endpoints.values.contains { $0.networkID?.hasPrefix(network) == true }
    }
}

extension EngineError {
    /// Docker 28 opens all mounts of a container before it unpacks files there, and follows no absolute link.
    fileprivate var isAboutLink: Bool { description.contains("path escapes from parent") }
}

extension World {
    /// Whether a container was made of the image of that id; true where the id is not known. Engines may show
    /// an image's id in a container in another way than the image itself.
    fileprivate func isMade(_ container: Container, of image: String?) throws -> Bool {
        guard let image, container.imageID != image else { return true }
        return try engine.image(container.imageID)?.id == image
    }

    fileprivate func removeIncomplete(_ plan: CreateVM.Plan) throws {
        guard let container = try madeContainer(plan.names) else { return }
        try removeContainer(container.id, .incomplete)
        for name in progress.newVolumes {
            guard let volume = try engine.volume(name), volume.isMade(for: container) else {
                continue
            }
            try? engine.removeVolume(name)  // in use by now, it is somebody's: it stays
        }
    }
}

extension Optional where Wrapped == CreateVM {
    /// Settings hold secrets and are in no plan: only the first process has them.
    fileprivate func known() throws -> CreateVM {
        guard let call = self else {
            throw CPIError.cloud("the settings of a VM are known to the first process only")
        }
        return call
    }
}
