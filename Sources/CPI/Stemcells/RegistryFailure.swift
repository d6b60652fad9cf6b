import Engine

/// Why a registry did not give an image, as far as Docker's words tell.
struct RegistryFailure {
    /// What an operator can do something about.
    enum Reason { case unreachable, wantsLogin, noImage, plainHTTP, unknown }

    let error: EngineError
    let reason: Reason

    init(_ error: EngineError) {
        self.error = error
        reason = RegistryFailure.reason(error)
    }

    /// The error for the director; nil where Docker itself did not answer.
    func explained(_ image: String, hasLogin: Bool) -> CPIError? {
        let host = ImageReference.host(ofRepository: ImageReference.parts(image).repository)
        let why: String
        switch reason {
        case .unreachable: why = "the Docker host cannot reach registry \(host)"
        case .wantsLogin:
            why =
                hasLogin
                ? "registry \(host) refuses the login that it was given"
                : "registry \(host) wants a login: light_stemcell.registry in the configuration, or "
                    + "registry in the cloud_properties"
        case .noImage: why = "registry \(host) has no such image"
        case .plainHTTP:
            why =
                "registry \(host) speaks plain HTTP: the insecure-registries of the Docker daemon "
                + "must list it"
        case .unknown:
            guard error.isDockersAnswer else { return nil }
            return CPIError.cloud("cannot pull image \(image) of registry \(host): \(error)")
        }
        return CPIError.cloud("cannot pull image \(image): \(why) (\(error))")
    }

    private static func reason(_ error: EngineError) -> Reason {
        guard case .refused(let status, let message, _) = error else {
            guard case .stream(let message, _) = error else { return .unknown }
            return reason(message.lowercased())
        }
        switch status {
        case 401, 403: return .wantsLogin
        case 404:
            // "repository does not exist or may require 'docker login'" is said of both.
            let reason = reason(message.lowercased())
            return reason == .unknown ? .noImage : reason
        default: return reason(message.lowercased())
        }
    }

    private static func reason(_ text: String) -> Reason {
        // The Docker host's own disk or programs.
        guard !text.contains("failed to register layer") else { return .unknown }
        return words.first { $0.words.contains { text.contains($0) } }?.reason ?? .unknown
    }

    /// The first that fits.
    private static let words: [(reason: Reason, words: [String])] = [
        (.plainHTTP, ["server gave http response to https client"]),
        (
            .wantsLogin,
            [
                "unauthorized", "no basic auth credentials", "authentication required", "denied",
                "docker login", "authorization failed", "forbidden",
            ]
        ),
        (.noImage, ["manifest unknown", "manifest for ", "name unknown", "not found"]),
        (
            .unreachable,
            [
                "connection refused", "no such host", "i/o timeout", "no route to host",
                "network is unreachable", "deadline exceeded", "request canceled",
                "temporary failure in name resolution", "server misbehaving",
            ]
        ),
    ]
}
