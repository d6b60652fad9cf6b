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
                    throw CPIError.cloud("the image file is known to the first process only")
                }
                try file.read { descriptor, size in
                    do {
                        try world.engine.importImage(
                            descriptor: descriptor, size: size, repository: reference.repository,
                            tag: reference.tag, changes: changes(world))
                    } catch let error as EngineError where error.isOutcomeUnknown {
                        throw CPIError.cloud("\(error)\(file.advice(on: error))")
                    }
                }
            },
            verify: { try $0.madeImage(name) != nil },
            undo: .by { try $0.removeMadeImage(name) })
    }

    /// Takes the name away from an image that was committed of a VM which is being deleted. Somebody may have
    /// given the name to another image, or made a container of it: then it keeps the name.
    static func releaseCommittedImage(_ name: String, of vm: VMCID) -> Step {
        Step(
            name: "remove image \(name)", removes: .image(name), isDestructive: true,
            do: { try $0.releaseCommittedImage(name, of: vm) },
            verify: { try $0.engine.image(name) == nil },
            undo: .impossible)
    }
}

extension World {
    /// Gone already is success.
    func removeImage(_ name: String) throws {
        do {
            try engine.removeImage(name)
        } catch let error as EngineError where error.isNotFound {
            return
        }
    }

    /// As `removeImage`, for what is of no more use under that name: it keeps it where a container is made from it.
    func releaseImage(_ name: String) throws {
        do {
            try removeImage(name)
        } catch let error as EngineError where error.isConflict {
            warn("image \(name) keeps its name: somebody has made a container from it")
        }
    }
}

extension CPIError {
    static func imageGone(_ name: String) -> CPIError {
        .cloud("image \(name) is gone: somebody has removed it meanwhile")
    }
}
