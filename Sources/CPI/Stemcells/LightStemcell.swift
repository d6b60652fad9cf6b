import Engine

/// What a light stemcell says: an image in a registry, and the digest that it must have.
struct LightStemcell {
    let repository: String
    let tag: String?
    let digest: String?
    /// Of this call alone; nil for that of the configuration.
    private let ownLogin: RegistryLogin?

    /// From the cloud_properties, else from stemcell.MF. Throws `Field.Wrong`, and `CPIError` when
    /// neither has a reference.
    init(_ properties: Field, _ manifest: StemcellManifest, _ file: ImageFile) throws {
        func text(_ key: String) throws -> String? {
            try properties.member(key).optional { try $0.string() }
                ?? manifest.cloudProperties[key] ?? manifest.values[key]
        }
        guard let reference = try text("image_reference"), !reference.isEmpty else {
            throw file.wrong(
                "it is empty, and neither cloud_properties nor the stemcell.MF beside it has an "
                    + "image_reference")
        }
        let name = reference.hasPrefix("docker://") ? String(reference.dropFirst(9)) : reference
        guard ImageReference.isValid(name) else {
            throw Field.Wrong(description: "image_reference is not a valid image reference")
        }
        let parts = ImageReference.parts(name)
        // The 64 digits alone do for the Go CPI.
        let given = try text("digest").flatMap { text in
            text.isEmpty ? nil : ImageReference.isHexDigest(text[...]) ? "sha256:" + text : text
        }
        guard given.map({ ImageReference.isDigest($0[...]) }) ?? true else {
            throw Field.Wrong(description: "digest must be sha256: and 64 hexadecimal digits")
        }
        if let given, let own = parts.digest, given != own {
            throw Field.Wrong(
                description: "digest is \(given), and image_reference has another one, \(own)")
        }
        (repository, tag) = (parts.repository, parts.tag)
        digest = given ?? parts.digest
        ownLogin = try properties.member("registry").optional {
            try RegistryLogin($0, host: ImageReference.host(ofRepository: parts.repository))
        }
    }

    /// For error texts.
    var reference: String { repository + (tag.map { ":" + $0 } ?? "") }

    /// Asks Docker, and the registry where Docker has no such image, which image that is. Pulls
    /// nothing. Throws `CPIError` or `EngineError`.
    func image(_ world: World) throws -> LightImage {
        if digest == nil {
            guard !world.configuration.lightStemcell.requiresVerification else {
                throw CPIError.cloud(
                    "cannot use image \(reference): the stemcell has no digest for it, and "
                        + "light_stemcell.require_image_verification is set")
            }
            world.warn("image \(reference) is used as it is: the stemcell has no digest for it")
        } else if let present = try presentName(world) {
            return LightImage(repository: repository, name: present, digest: digest, isOurs: false)
        }
        let manifest: String
        do {
            manifest = try resolved(world)
        } catch let error as EngineError where error.isNoSuchPath {
            manifest = try unresolved()
        }
        let name = "\(repository)@\(manifest)"
        return LightImage(
            repository: repository, name: name, digest: digest,
            isOurs: try world.engine.image(name) == nil)
    }

    func login(_ world: World) -> RegistryLogin? {
        let host = ImageReference.host(ofRepository: repository)
        return ownLogin ?? world.configuration.lightStemcell.logins[host]
    }

    /// A name under which Docker has the image already.
    private func presentName(_ world: World) throws -> String? {
        guard let digest else { return nil }
        return try ["\(repository)@\(digest)", "\(repository):\(tag ?? ImageReference.usualTag)"]
            .first { name in
                try world.engine.image(name)?.has(digest, repository) == true
            }
    }

    /// The digest of the manifest to pull. The one that was given may be another one, that of the image
    /// itself: then it is the tag's manifest, and what was pulled is compared.
    private func resolved(_ world: World) throws -> String {
        if let digest, tag == nil {
            guard let manifest = try resolved("@\(digest)", world) else {
                throw missing("\(repository)@\(digest)")
            }
            return manifest
        }
        let name = ":" + (tag ?? ImageReference.usualTag)
        let manifest = try resolved(name, world)
        if let digest, digest != manifest {
            if let found = try resolvedIfManifest(digest, world) { return found }
        }
        guard let manifest else { throw missing(repository + name) }
        return manifest
    }

    /// Nil when the registry has no such image.
    private func resolved(_ rest: String, _ world: World) throws -> String? {
        try asked(rest, world) { $0.reason == .noImage }
    }

    /// Nil when the digest is no manifest's: some registries answer that with an error of their own.
    private func resolvedIfManifest(_ digest: String, _ world: World) throws -> String? {
        try asked("@\(digest)", world) { $0.error.isDockersAnswer && $0.reason != .unreachable }
    }

    private func asked(
        _ rest: String, _ world: World, isNone: (RegistryFailure) -> Bool
    ) throws -> String? {
        let (name, login) = (repository + rest, login(world))
        do {
            return try world.engine.registryDigest(name, login: login)
        } catch let error as EngineError where error.isOutcomeUnknown && !error.isDockersAnswer {
            let host = ImageReference.host(ofRepository: repository)
            throw CPIError.cloud(
                "cannot look up image \(name): Docker asks registry \(host), and has not answered "
                    + "(\(error))")
        } catch let error as EngineError where !error.isNoSuchPath {
            let failure = RegistryFailure(error)
            if isNone(failure) { return nil }
            throw failure.explained(name, hasLogin: login != nil) ?? error
        }
    }

    /// podman cannot ask a registry: the digest that was given must be the manifest's.
    private func unresolved() throws -> String {
        guard let digest else {
            throw CPIError.cloud(
                "cannot use image \(reference): podman cannot ask a registry which image "
                    + "that is; the stemcell needs the digest of its manifest")
        }
        return digest
    }

    private func missing(_ name: String) -> CPIError {
        let host = ImageReference.host(ofRepository: repository)
        return CPIError.cloud("cannot pull image \(name): registry \(host) has no such image")
    }

    /// What a call's cloud_properties bring, for those who must keep it out of texts.
    static func login(_ properties: JSON) -> RegistryLogin? {
        let field = Field(name: "registry", value: properties["registry"])
        let host = ImageReference.host(ofRepository: properties["image_reference"].string ?? "")
        return try? RegistryLogin(field, host: host)
    }
}

extension Image {
    /// Whether a digest is its own, or that of its manifest in the repository.
    func has(_ digest: String, _ repository: String) -> Bool {
        id == digest || digests(repository).contains(digest)
    }

    /// Those of its manifests in one repository: an image may be in many.
    func digests(_ repository: String) -> [String] {
        let wanted = ImageReference.shown(repository: repository)
        return repositoryDigests.compactMap { name in
            let parts = ImageReference.parts(name)
            return ImageReference.shown(repository: parts.repository) == wanted
                ? parts.digest : nil
        }
    }
}
