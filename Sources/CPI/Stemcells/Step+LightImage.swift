import Engine

/// What a light stemcell stands on: an image that is pulled under the name that its digest gives it.
extension Step {
    /// Undo takes the image's name away when it was not there before.
    static func pullImage(_ image: LightImage, login: @escaping (World) -> RegistryLogin?) -> Step {
        Step(
            name: "pull image \(image.name)", touchesOthers: true,
            do: { world in
                if image.isOurs {
                    if try world.engine.image(image.name) == nil {
                        try world.pull(image, login(world))
                    } else {
                        world.recorder.remember(.imageWasThere)
                    }
                }
                _ = try image.require(world)
            },
            verify: { try $0.engine.image(image.name) != nil },
            undo: .by { try image.release($0) })
    }

    /// What was pulled is needed under its name no more.
    static func releaseImage(_ image: LightImage, of stemcell: StemcellCID) -> Step {
        Step(
            name: "release image \(image.name)", touchesOthers: true,
            do: { try image.release($0) },
            check: { try $0.requireWhole(stemcell) },
            verify: { try !image.isPulled($0) || $0.engine.image(image.name) == nil },
            undo: .withAnother)
    }
}

extension World {
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
