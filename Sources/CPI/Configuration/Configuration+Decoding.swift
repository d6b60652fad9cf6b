import Engine

extension Configuration.Docker {
    /// The context's host, TLS and version, each where it has one, else the configuration's.
    init(_ configured: Field, _ context: Field) throws {
        func member(_ key: String) -> Field {
            let given = context.member(key)
            return given.isAbsent ? configured.member(key) : given
        }
        let host = member("host")
        // Manifests have a word such as "unused" there where the host is a Unix socket.
        let isUnused = host.value.string?.hasPrefix("unix:") == true
        do {
            tls = try member("tls").optional { try Address.TLS($0) } ?? nil
        } catch is Field.Wrong where isUnused {
            tls = nil
        }
        do {
            address = try Address(try host.nonEmptyString(), tls: tls)
        } catch let error as Address.Invalid {
            throw Field.Wrong(description: "\(host.name) \(error)")
        }
        ceiling = try member("api_version").optional { field in
            guard let version = APIVersion(try field.string()) else {
                throw Field.Wrong(description: "\(field.name) must be a version such as \"1.44\"")
            }
            return version
        }
    }
}

extension Address.TLS {
    /// Nil when none of the three parts is there; an error that names the part when one is not.
    init?(_ field: Field) throws {
        let isNone = field.value.string == "" || field.value.bool == false
        if isNone || field.value.object?.isEmpty == true { return nil }
        _ = try field.object()
        self.init(
            ca: try field.member("ca").pem("CERTIFICATE"),
            certificate: try field.member("certificate").pem("CERTIFICATE"),
            privateKey: try field.member("private_key").pem("PRIVATE KEY"))
    }
}

extension Configuration.Agent {
    init(_ field: Field) throws {
        mbus = try field.member("Mbus").optional { try $0.string() } ?? ""
        ntp = try field.member("NTP").optional { try $0.array().map { try $0.string() } } ?? []
        let store = try field.section("Blobstore")
        let options = store.member("Options")
        let members = try options.optional { try $0.object() } ?? [:]
        let provider = try store.member("Provider").optional { try $0.string() }
        // Without options it is only the job's default, and a director sends its own in env.bosh.
        blobstore =
            members.isEmpty
            ? nil : ["provider": .string(provider ?? "dav"), "options": .object(members)]
    }
}

extension Configuration.Agent {
    /// The keys that are there win; the names are those of the configuration.
    mutating func override(by field: Field) throws {
        guard !field.isAbsent else { return }
        let other = try Configuration.Agent(field)
        if !field.member("Mbus").isAbsent { mbus = other.mbus }
        if !field.member("NTP").isAbsent { ntp = other.ntp }
        if !field.member("Blobstore").isAbsent { blobstore = other.blobstore }
    }
}

extension Configuration.Journaling {
    init(_ field: Field) throws {
        directory =
            try field.member("directory").optional { try $0.absolutePath() }
            ?? Configuration.defaultDirectory
        retentionDays = try field.member("retention_days").optional { try $0.int(1...36_500) } ?? 90
        recoverOnCall = try field.member("recover_on_call").optional { try $0.bool() } ?? true
    }
}

extension Configuration.LightStemcell {
    init(_ field: Field) throws {
        requiresVerification =
            try field.member("require_image_verification").optional { try $0.bool() } ?? true
        let registries = try field.member("registry").optional { try $0.members() } ?? []
        logins = try registries.reduce(into: [:]) { logins, registry in
            let host = RegistryLogin.host(registry.key)
            logins[host] = try RegistryLogin(registry.field, host: host)
        }
    }
}

extension Configuration.LightStemcell {
    /// A registry that is named there has that login, all others keep theirs.
    mutating func override(by field: Field) throws {
        guard !field.isAbsent else { return }
        let other = try Configuration.LightStemcell(field)
        if !field.member("require_image_verification").isAbsent {
            requiresVerification = other.requiresVerification
        }
        logins.merge(other.logins) { _, new in new }
    }
}

extension RegistryLogin {
    init(_ field: Field, host: String) throws {
        _ = try field.object()
        self.init(
            username: try field.member("username").nonEmptyString(),
            password: try field.member("password").nonEmptyString(), host: host)
    }

    /// A registry's host as image references have it: people write URLs, as Docker's own files do.
    static func host(_ text: String) -> String {
        let address = text.split(separator: "://").last ?? ""
        let host = String(address.prefix { $0 != "/" })
        return ImageReference.hubNames.contains(host) ? ImageReference.dockerHub : host
    }
}

extension Configuration.Snapshots {
    /// The default is so short that a director's health monitor does not notice it.
    init(_ field: Field) throws {
        pauseLimit = try field.member("pause_limit").optional { try $0.int(0...3_600) } ?? 20
    }
}

extension Configuration.Timeouts {
    init(_ field: Field) throws {
        func seconds(_ key: String, _ range: ClosedRange<Int>, _ usual: Int) throws -> Int {
            try field.member(key).optional { try $0.int(range) } ?? usual
        }
        request = Double(try seconds("request", 1...86_400, 60))
        stop = try seconds("stop", 0...3_600, 10)
        agentReady = try seconds("agent_ready", 0...3_600, 60)
        agentReadyOnCreate = try seconds("agent_ready_on_create", 0...3_600, 0)
        lock = try seconds("lock", 0...86_400, 300)
    }
}

extension Field {
    /// One of the words that the type knows; throws `Field.Wrong` that lists them.
    func choice<Choice: RawRepresentable & CaseIterable>() throws -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try string()) else {
            let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw Field.Wrong(description: "\(name) must be one of \(words)")
        }
        return choice
    }

    func absolutePath() throws -> String {
        let path = try path()
        guard path.hasPrefix("/"), path.utf8.count < 1_000 else {
            throw Field.Wrong(description: "\(name) must be an absolute path")
        }
        return path
    }

    /// Of a file that the CPI writes into a container, and replaces by one beside it.
    func settingsPath() throws -> String {
        let path = try absolutePath()
        guard path.utf8.count <= AgentSettings.longestPath else {
            throw Field.Wrong(
                description:
                    "\(name) is too long: \(AgentSettings.longestPath) bytes at most")
        }
        return path
    }

    fileprivate func pem(_ what: String) throws -> String {
        let text = try nonEmptyString()
        guard text.contains("-----BEGIN "), text.contains("\(what)-----") else {
            throw Field.Wrong(description: "\(name) is not a PEM text with a \(what)")
        }
        return text
    }
}
