/// Where podman takes a name for another one, and a request would hit what somebody else has.
extension Engine {
    /// Asks for an image by its name as podman has it: Docker's whole one, or `localhost/` and the name, which podman's own
    /// client gives. A short name would do as well for an image of that name in any registry, where it is the only one.
    func byExactName<T>(_ image: String, _ ask: (String) throws -> T) throws -> T {
        guard try isPodman(), let whole = image.wholeNames else { return try ask(image) }
        do {
            return try ask(whole.hub)
        } catch let error as EngineError where error.isNotFound {
            return try ask(whole.local)
        }
    }

    /// Throws not found when no volume has exactly this name. podman removes the one whose name begins with it: one
    /// request more, and it may be gone by the next one all the same.
    func requireExact(volume name: String) throws {
        guard try isPodman() else { return }
        _ = try inspected("/volumes/\(name.percentEncoded)", by: "Name")
    }
}

extension String {
    /// What podman may have an image of this name as; nil for an id, and for a name that says its registry.
    fileprivate var wholeNames: (hub: String, local: String)? {
        guard !isImageID else { return nil }
        let first = prefix { $0 != "/" }
        guard first.count < count else { return ("docker.io/library/" + self, "localhost/" + self) }
        let isRegistry = first == "localhost" || first.contains { $0 == "." || $0 == ":" }
        return isRegistry ? nil : ("docker.io/" + self, "localhost/" + self)
    }

    /// `sha256:` and digits, or twelve digits at least, as Docker takes them for an image's id.
    private var isImageID: Bool {
        hasPrefix("sha256:") || (count >= 12 && allSatisfy(\.isHexDigit))
    }
}
