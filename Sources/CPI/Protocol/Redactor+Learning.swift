import Engine

/// Where a request and a configuration hold secrets.
extension Redactor {
    /// Learns env of create_vm and LogConfig as a whole, and elsewhere what is called a secret: by its
    /// key, in `password=…` of driver_opts, in URLs. What the request says openly in another place,
    /// such as a name or an address, is no secret.
    func learn(from request: CallRequest) {
        var open: Set<String> = []
        for (index, argument) in request.arguments.enumerated() {
            if request.method == CreateVM.name && index == Redactor.environment { continue }
            learn(openly: argument, key: "", &open)
        }
        learn(openly: request.context, key: "", &open)
        if request.method == CreateStemcell.name {
            request.arguments.compactMap(LightStemcell.login).forEach(learn)
        }
        for (index, argument) in request.arguments.enumerated() {
            if request.method == CreateVM.name && index == Redactor.environment {
                learn(closed: argument, key: "", open)
            }
            learn(closed: argument.logDriverOptions, key: "", open)
        }
    }

    /// Learns keys, the message bus's password and the blobstore's.
    func learn(from configuration: Configuration) {
        if let tls = configuration.docker.tls { learn(tls.privateKey) }
        configuration.lightStemcell.logins.values.forEach(learn)
        var open: Set<String> = []
        learn(openly: .string(configuration.docker.address.text), key: "host", &open)
        learn(openly: .string(configuration.agent.mbus), key: "mbus", &open)
        learn(closed: configuration.agent.blobstore?["options"] ?? .null, key: "", [])
    }

    /// Learns what a container was given in secret: by its environment, and for its log driver.
    func learn(from container: Container) {
        var open: Set<String> = []
        for entry in container.json["Config"]["Env"].array ?? [] {
            let parts = (entry.string ?? "").split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            learn(openly: .string(String(parts[1])), key: String(parts[0]), &open)
        }
        learn(closed: container.json["HostConfig"].logDriverOptions, key: "", open)
    }

    /// Learns what an agent's settings hold in secret.
    func learn(settings: JSON) {
        var open: Set<String> = []
        for (key, value) in settings.object ?? [:] where key != "env" && key != "blobstore" {
            learn(openly: value, key: key, &open)
        }
        learn(closed: settings["env"], key: "", open)
        learn(closed: settings["blobstore"]["options"], key: "", open)
    }

    /// Learns a registry's password, and what it looks like on its way to Docker and to the registry.
    private func learn(_ login: RegistryLogin) {
        learn(login.password)
        learn(login.header)
        learn(login.basic)
    }

    /// The position of env among create_vm's arguments.
    private static let environment = CreateVM.arguments.firstIndex(of: "env")

    /// Learns values whose key names a secret; adds every other string to `open`.
    private func learn(openly json: JSON, key: String, _ open: inout Set<String>) {
        switch json {
        case .string(let text):
            if SecretNames.hides(key) { learn(text) } else { open.insert(text) }
            learnPatterns(text)
        case .integer where SecretNames.hides(key): learn(json.text, isCertain: false)
        case .array(let elements): for each in elements { learn(openly: each, key: key, &open) }
        case .object(let members):
            for (key, value) in members where !key.isSpelled("LogConfig") {
                learn(openly: value, key: key, &open)
            }
        default: break
        }
    }

    /// Learns every string that is not plainly public.
    private func learn(closed json: JSON, key: String, _ open: Set<String>) {
        switch json {
        case .string(let text):
            learnPatterns(text)
            if SecretNames.hides(key) { return learn(text) }
            guard !open.contains(text), !SecretNames.isOpen(key), !SecretNames.isPublic(text) else {
                return
            }
            guard text.contains("://") else { return learn(text, isCertain: false) }
            // Of a URL, what may be a signature.
            if let mark = text.firstIndex(of: "?") {
                learn(String(text[text.index(after: mark)...]), isCertain: false)
            }
        case .integer where SecretNames.hides(key): learn(json.text, isCertain: false)
        case .array(let elements): for each in elements { learn(closed: each, key: key, open) }
        case .object(let members):
            let isNames = ["tags", "group", "groups"].contains(key)
            for (name, value) in members {
                learn(closed: value, key: isNames && !SecretNames.hides(name) ? key : name, open)
            }
        default: break
        }
    }

    private func learnPatterns(_ text: String) {
        let bytes = Array(text.utf8)
        for range in SecretPatterns.ranges(in: bytes) {
            let secret = String(decoding: bytes[range], as: UTF8.self)
            learn(secret)
            if let plain = Redactor.decoded(secret) { learn(plain) }
        }
    }

    /// Without percent-encoding; nil when there is none.
    private static func decoded(_ text: String) -> String? {
        guard text.contains("%") else { return nil }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let code =
                byte == UInt8(ascii: "%")
                ? UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) : nil
            bytes.append(code ?? byte)
            if code != nil { rest = rest.dropFirst(2) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSON {
    /// Of a HostConfig or cloud_properties, in any spelling: Docker reads its names so.
    fileprivate var logDriverOptions: JSON { member("LogConfig").member("Config") }

    private func member(_ name: String) -> JSON {
        object?.first { $0.key.isSpelled(name) }?.value ?? .null
    }
}

extension String {
    fileprivate func isSpelled(_ name: String) -> Bool { lowercased() == name.lowercased() }
}
