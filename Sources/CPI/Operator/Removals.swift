import Engine

/// What settling an operation takes away from Docker, by what Docker shows now: "volume NAME", one thing
/// each, and ", if …" where it is seen only then whether it goes. `Mutation.removals` says it for a method.
struct Removals {
    /// Acts as the operation.
    let world: World

    /// For methods that have no more to say of it.
    func usual(_ action: Action, _ steps: [Step]) throws -> [String] {
        switch action {
        case .back: try made()
        case .forward: try remaining(steps) + marks()
        case .superseded, .close, .park: try copiers() + marks()
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

    /// All that bears the operation's label, and the volumes without a name of its containers.
    func made() throws -> [String] {
        let containers = try world.engine.containers(world.ofOperation).flatMap { try words($0) }
        let volumes = try world.engine.volumes(world.ofOperation).map { "volume \($0.name)" }
        let images = try world.engine.imageTags(world.ofOperation).map { "image \($0)" }
        return containers + volumes + images
    }

    func unused(_ network: String) -> String {
        "network \(network), if nobody uses it then"
    }

    func copiers() throws -> [String] {
        try world.engine.containers(world.ofOperation).filter { $0.labels[Label.copyOf] != nil }
            .flatMap { try words($0) }
    }

    /// The marks of the operation: they say in Docker that it is open.
    func marks() throws -> [String] {
        try world.engine.volumes(world.ofOperation).filter { volume in
            VMCID.role(of: volume.name)?.role == .mark
        }.map { "volume \($0.name), the operation's mark" }
    }

    private func words(_ summary: ContainerSummary) throws -> [String] {
        let name = summary.names.first ?? String(summary.id.prefix(12))
        return try ["container \(name)"] + (world.engine.container(summary.id).map(volumes) ?? [])
    }

    /// Those without a name of ours.
    func volumes(_ container: Container) -> [String] {
        container.mounts.filter(\.isAnonymous).map { "volume \($0.name)" }
    }
}
