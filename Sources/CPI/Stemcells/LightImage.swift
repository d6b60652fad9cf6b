import Engine

/// The image that a light stemcell stands on, as a plan keeps it: no secrets.
struct LightImage: Codable {
    let repository: String
    /// The name by which Docker has it, or has it once it is pulled.
    let name: String
    /// What the stemcell asks for, the image's own digest or its manifest's; nil for any.
    let digest: String?
    /// It was not there before: what this operation pulls loses this name again.
    let isOurs: Bool

    /// Whether the name is this operation's: somebody else may have pulled the image since the plan was made.
    func isPulled(_ world: World) -> Bool { isOurs && !world.recorder.remembers(.imageWasThere) }

    /// The image. Throws `CPIError` when it is not there, or is another one than asked for.
    func require(_ world: World) throws -> Image {
        guard let image = try world.engine.image(name) else { throw CPIError.imageGone(name) }
        guard let digest, !image.has(digest, repository) else { return image }
        let found = ([image.id] + image.digests(repository)).joined(separator: " and ")
        throw CPIError.cloud(
            "image \(name) is not the one that the stemcell asks for: its digests are "
                + "\(found), and not \(digest)")
    }

    /// Takes the name away from what this operation has pulled. Layers that a stemcell needs stay.
    func release(_ world: World) throws {
        if isPulled(world) { try world.releaseImage(name) }
    }

    /// What is still there of an operation that was taken back, in words.
    func leftovers(_ world: World) throws -> [String] {
        let isLeft = try isPulled(world) && world.engine.image(name) != nil
        return isLeft ? ["image \(name) is left"] : []
    }
}
