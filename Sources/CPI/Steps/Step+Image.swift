import Engine

extension Step {
    /// Streams a root file system into an image of that name. An image that is there proves nothing
    /// when the reply was lost: Engines with the containerd store name it before they unpack it.
    static func importImage(
        _ name: String, changes: @escaping (World) -> [String], from file: ImageFile?
    ) -> Step {
        let reference = ImageReference.split(name)
        return Step(
            name: "import image \(name)",
            do: { world in
                guard let file else {
                    throw CPIError(
                        kind: .cloud, message: "the image file is known to the first process only")
                }
                try file.read { descriptor, size in
                    do {
                        try world.engine.importImage(
                            descriptor: descriptor, size: size, repository: reference.repository,
                            tag: reference.tag, changes: changes(world))
                    } catch let error as EngineError where error.isOutcomeUnknown {
                        throw CPIError(kind: .cloud, message: "\(error)\(file.advice(on: error))")
                    }
                }
            },
            verify: { try $0.ourImage(name) != nil },
            undo: { try $0.removeOurImage(name) })
    }

    /// Gives an image of this operation a second name.
    static func tagImage(_ old: String, as new: String) -> Step {
        let reference = ImageReference.split(new)
        return Step(
            name: "tag image \(old) as \(new)",
            do: {
                try $0.engine.tagImage(old, repository: reference.repository, tag: reference.tag)
            },
            verify: { try $0.ourImage(new) != nil },
            undo: { try $0.removeOurImage(new) })
    }

    /// Takes a name away from an image.
    static func removeImage(_ name: String) -> Step {
        Step(
            name: "remove image \(name)", isDestructive: true,
            do: { try $0.removeImage(name) },
            verify: { try $0.engine.image(name) == nil },
            undo: nil)
    }
}

extension World {
    /// The image of that name, if this operation made it.
    func ourImage(_ name: String) throws -> Image? {
        guard let image = try engine.image(name), image.labels[Label.operation] == operation else {
            return nil
        }
        return image
    }

    func removeOurImage(_ name: String) throws {
        guard try ourImage(name) != nil else { return }
        try removeImage(name)
    }

    /// Gone already is success.
    func removeImage(_ name: String) throws {
        do {
            try engine.removeImage(name)
        } catch let error as EngineError where error.isNotFound {
            return
        }
    }
}
