import Engine

/// What settling an operation takes away from Docker, by what Docker shows now: "volume NAME", one thing
/// each, and ", if …" where it is seen only then whether it goes.
struct Removals {
    /// Acts as the operation.
    let world: World

    func of<M: Mutation>(_ type: M.Type, _ plan: M.Plan, _ action: Action) throws -> [String] {
        switch (plan, action) {
        case (let plan as DiskChange, _):
            switch plan {
            case .remount(let plan): try of(plan, action) + marks()
            case .live(let plan): try of(plan, action)
            }
        case (let plan as CreateVM.Plan, .back): try made() + networks(of: plan)
        case (let plan as CreateStemcell.Plan, .back): try made() + pulled(plan)
        case (_, .back): try made()
        case (_, .forward): try remaining(M.steps(plan, nil)) + marks()
        case (let plan as CreateStemcell.Plan, _): try beside(plan)
        case (let plan as CreateDisk.Plan, _): try copiers() + unfilled(plan)
        default: try copiers() + marks()
        }
    }

    /// Of the steps that remove something, what is still there.
    private func remaining(_ steps: [Step]) throws -> [String] {
        try steps.compactMap { step in
            guard let removal = step.removes else { return nil }
            // The VM that is to go is on it still.
            if case .unusedNetwork(let name) = removal {
                return try world.engine.network(name).map { _ in unused(name) }
            }
            guard try !step.verify(world) else { return nil }
            switch removal {
            case .container(let name): return "container \(name)"
            case .volume(let name): return "volume \(name)"
            case .image(let name): return "image \(name)"
            case .network(let name), .unusedNetwork(let name): return "network \(name)"
            }
        }
    }

    private var label: [String: [String]] {
        ["label": ["\(Label.operation)=\(world.operation)"]]
    }

    /// All that bears the operation's label, and the volumes without a name of its containers.
    private func made() throws -> [String] {
        let containers = try world.engine.containers(label).flatMap { try words($0) }
        let volumes = try world.engine.volumes(label).map { "volume \($0.name)" }
        let images = try world.engine.imageTags(label).map { "image \($0)" }
        return containers + volumes + images
    }

    /// Those that it has made itself.
    private func networks(of plan: CreateVM.Plan) throws -> [String] {
        try plan.networks.compactMap { plan in
            guard let network = try world.engine.network(plan.name), world.made(network.labels)
            else { return nil }
            return unused(plan.name)
        }
    }

    private func unused(_ network: String) -> String {
        "network \(network), if nobody uses it then"
    }

    /// What a light stemcell was pulled as.
    private func pulled(_ plan: CreateStemcell.Plan) throws -> [String] {
        guard let image = plan.image, image.isOurs, try world.engine.image(image.name) != nil else {
            return []
        }
        return ["image \(image.name), if no container is made from it"]
    }

    /// What is there beside a stemcell that is complete.
    private func beside(_ plan: CreateStemcell.Plan) throws -> [String] {
        guard try world.madeImage(plan.stemcell.description) != nil else { return [] }
        let base = try world.base(of: plan.stemcell).map { base in
            ["container \(base.name)"] + volumes(base)
        }
        let incomplete = plan.stemcell.incomplete
        let image = try world.madeImage(incomplete).map { _ in "image \(incomplete)" }
        return (base ?? []) + [image].compactMap(\.self) + (try pulled(plan))
    }

    private func copiers() throws -> [String] {
        try world.engine.containers(label).filter { $0.labels[Label.copyOf] != nil }
            .flatMap { try words($0) }
    }

    private func unfilled(_ plan: CreateDisk.Plan) throws -> [String] {
        guard let copier = plan.copier, try !world.hasFilled(copier),
            let volume = try world.madeVolume(plan.disk.description),
            volume.labels[Label.copyOf] == copier.source
        else { return [] }
        return ["volume \(plan.disk)"]
    }

    /// The marks of the operation: they say in Docker that it is open.
    private func marks() throws -> [String] {
        try world.engine.volumes(label).filter { volume in
            VMCID.role(of: volume.name)?.role == .mark
        }.map { "volume \($0.name), the operation's mark" }
    }

    private func words(_ summary: ContainerSummary) throws -> [String] {
        let name = summary.names.first ?? String(summary.id.prefix(12))
        return try ["container \(name)"] + (world.engine.container(summary.id).map(volumes) ?? [])
    }

    /// Those without a name of ours.
    private func volumes(_ container: Container) -> [String] {
        container.mounts.filter(\.isAnonymous).map { "volume \($0.name)" }
    }
}

/// Where a disk comes and goes while the VM runs.
extension Removals {
    private func of(_ plan: LiveAttach, _ action: Action) throws -> [String] {
        guard let pin = try world.pin(of: plan.disk) else { return [] }
        let goes =
            switch action {
            case .back: plan.isAttach && world.made(pin.labels)
            case .forward: !plan.isAttach && pin.isPin(of: plan.vm)
            case .superseded, .close, .park: false
            }
        return goes ? ["container \(plan.disk.pin)"] : []
    }
}

/// Where a VM's container is replaced.
extension Removals {
    private func of(_ plan: Remount, _ action: Action) throws -> [String] {
        guard [.replace, .remnant].contains(plan.change) else { return [] }
        let carriers = try Carriers.look(plan, world)
        switch action {
        case .back: return try back(plan, carriers)
        case .forward: return try forward(plan, carriers)
        case .superseded, .close, .park:
            let next = carriers.replacementContainer
            guard let next, carriers.replacement == .fresh, carriers.old != .absent,
                next.name != plan.vm.description
            else { return [] }
            return [words(next) + ", which never ran"]
        }
    }

    private func back(_ plan: Remount, _ carriers: Carriers) throws -> [String] {
        // Beside no old container it is the last copy, and kept.
        guard carriers.old != .absent else { return [] }
        var found: [String] = []
        if let next = carriers.replacementContainer {
            switch carriers.replacement {
            case .fresh: found.append(words(next) + ", which never ran")
            case .ran: found.append(words(next) + ", if nobody starts it or the old one again")
            case .running, .absent: break
            }
        }
        if carriers.image != .absent {
            found.append("image \(plan.image), if no container is made from it")
        }
        return found
    }

    private func forward(_ plan: Remount, _ carriers: Carriers) throws -> [String] {
        var found: [String] = []
        if let old = carriers.oldContainer, !carriers.haveBothRun {
            found.append(
                words(old)
                    + ", if the VM's agent is up then: the replacement holds all that it holds")
        }
        // Made of an older state than the VM's last one.
        if let next = carriers.replacementContainer, carriers.replacement == .fresh,
            carriers.image != .current, carriers.old != .absent
        {
            found.append(words(next) + ", which never ran, if the VM's state is committed anew")
        }
        found += try world.containers(of: plan.vm).compactMap { member in
            guard case .old = member.role, member.id != plan.old,
                let container = try world.engine.container(member.id),
                container.id != carriers.replacementContainer?.id
            else { return nil }
            return words(container) + ", if another container holds all that it holds"
        }
        // The replacement is made from its own.
        let images = try world.committedImages(plan.vm).filter { $0 != plan.image }
        return found + images.map { "image \($0), if no container is made from it" }
    }

    private func words(_ container: Container) -> String {
        "container \(container.name) (\(container.id.prefix(12)))"
    }
}
