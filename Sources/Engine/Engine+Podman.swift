/// Where podman takes a name for another one, and a request would hit what somebody else has.
extension Engine {
    /// An image's name as Docker understands it. podman takes `stemcell:1` for `registry.example/stemcell:1` too when
    /// no other image has that name; with a registry before it only for itself.
    func exact(_ image: String) throws -> String {
        guard try isPodman(), !image.isImageID else { return image }
        guard let slash = image.firstIndex(of: "/") else { return Engine.hub + "library/" + image }
        let first = image[..<slash]
        let isRegistry = first == "localhost" || first.contains { $0 == "." || $0 == ":" }
        return isRegistry ? image : Engine.hub + image
    }

    private static let hub = "docker.io/"

    /// Throws not found when no volume has exactly this name. podman removes the one whose name begins with it: one
    /// request more, and it may be gone by the next one all the same.
    func requireExact(volume name: String) throws {
        guard try isPodman() else { return }
        _ = try inspected("/volumes/\(name.percentEncoded)", by: "Name")
    }

    /// Makes a container, also where podman has kept the name of one that nobody sees: it was killed while it made that
    /// one. Nothing is in it, and only a removal by name ends it.
    func create(_ name: String, _ ask: () throws -> JSON) throws -> JSON {
        do {
            return try ask()
        } catch let error as EngineError where error.isNameOfNobody {
            guard try container(name) == nil else { throw error }
            try removeContainer(name, force: true, anonymousVolumes: false)
            return try ask()
        }
    }
}

extension EngineError {
    /// podman's storage has a container of the name, and podman itself has none.
    fileprivate var isNameOfNobody: Bool {
        guard case .refused(500, let message, _) = self else { return false }
        return message.contains("in use by an external entity")
    }
}

extension String {
    /// `sha256:` and digits, or twelve digits at least, as Docker takes them for an image's id.
    fileprivate var isImageID: Bool {
        hasPrefix("sha256:") || (count >= 12 && allSatisfy(\.isHexDigit))
    }
}
