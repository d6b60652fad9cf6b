import Engine

/// What a light stemcell is made of: the image that was pulled, a container of it that never runs, and
/// what is committed from that, which adds nothing but labels.
extension Step {
    /// Undo takes the image's name away when it was not there before.
    static func pullImage(_ image: LightImage, login: @escaping (World) -> RegistryLogin?) -> Step {
        Step(
            name: "pull image \(image.name)", touchesOthers: true,
            do: { world in
                if try image.isOurs && world.engine.image(image.name) == nil {
                    try world.pull(image, login(world))
                }
                _ = try image.require(world)
            },
            verify: { try $0.engine.image(image.name) != nil },
            undo: .by { try image.release($0) })
    }

    /// It has the labels of the stemcell, and its own plan: recovery without a journal reads that.
    static func createBase(
        _ stemcell: StemcellCID, from image: LightImage, plan: CreateStemcell.Plan
    ) -> Step {
        Step(
            name: "create container \(stemcell.base)",
            do: { world in
                let source = try image.require(world)
                let labels = [
                    Label.stemcell: stemcell.description, Label.plan: try JSON(encoding: plan).text,
                ]
                var spec: JSON = [
                    "Image": .string(source.id), "Labels": JSON(Label.complete(labels, world)),
                    "HostConfig": ["NetworkMode": "none"],
                ]
                // Docker makes no container without a command, though this one never runs.
                if !source.hasCommand { spec["Cmd"] = ["/bin/sh"] }
                _ = try world.engine.createContainer(stemcell.base, spec)
            },
            verify: { try $0.madeContainer([stemcell.base]) != nil },
            undo: .by { try $0.removeBase(stemcell) })
    }

    static func commitBase(_ stemcell: StemcellCID, labels: @escaping (World) -> [String: String])
        -> Step
    {
        let reference = ImageReference.split(stemcell.incomplete)
        return Step(
            name: "commit container \(stemcell.base) as \(stemcell.incomplete)",
            do: { world in
                guard let base = try world.madeContainer([stemcell.base]) else {
                    throw CPIError(kind: .cloud, message: "container \(stemcell.base) is gone")
                }
                try world.engine.commitContainer(
                    base.id, repository: reference.repository, tag: reference.tag,
                    labels: labels(world))
            },
            verify: { try $0.madeImage(stemcell.incomplete) != nil },
            undo: .by { try $0.removeMadeImage(stemcell.incomplete) })
    }

    static func removeBase(_ stemcell: StemcellCID) -> Step {
        Step(
            name: "remove container \(stemcell.base)",
            do: { try $0.removeBase(stemcell) },
            verify: { try $0.madeContainer([stemcell.base]) == nil },
            undo: .withAnother)
    }

    /// What was pulled is needed under its name no more.
    static func releaseImage(_ image: LightImage) -> Step {
        Step(
            name: "release image \(image.name)", touchesOthers: true,
            do: { try image.release($0) },
            verify: { try !image.isOurs || $0.engine.image(image.name) == nil },
            undo: .withAnother)
    }
}

extension World {
    /// Gone already is success. The volumes that the image declares go with it.
    func removeBase(_ stemcell: StemcellCID) throws {
        guard let base = try madeContainer([stemcell.base]) else { return }
        try removeContainer(base.id, .incomplete)
    }

    fileprivate func pull(_ image: LightImage, _ login: RegistryLogin?) throws {
        let digest = ImageReference.parts(image.name).digest ?? ""
        do {
            try engine.pullImage(image.repository, digest: digest, login: login)
        } catch let error as EngineError {
            let failure = RegistryFailure(error)
            throw failure.explained(image.name, hasLogin: login != nil) ?? error
        }
    }
}
