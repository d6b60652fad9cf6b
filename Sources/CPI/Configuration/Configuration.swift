import Engine
import FoundationEssentials
import Glibc

/// `config/cpi.json`: the reference CPI's keys, and ours beside them (all of those optional).
public struct Configuration: Sendable {
    var docker: Docker
    var agent: Agent
    public var journal: Journaling
    var timeouts: Timeouts
    /// Containers with all capabilities and devices, as the BOSH agent needs them.
    var privileged: Bool
    /// Nil: what the stemcell has decides.
    var startWithSystemd: Bool?
    var mountCgroupfs: Bool
    var lxcfs: Bool
    /// Where the agent reads its settings; nil: where the stemcell says.
    var agentSettingsPath: String?
    var attach: Attach
    var pin: Pin
    var lightStemcell: LightStemcell
    /// Whether stemcells may be for another architecture than the Docker host's.
    var allowsEmulation: Bool
    /// Whether a network that was made for VMs goes with the last one.
    var removesUnusedNetworks: Bool
    var snapshots: Snapshots

    /// How attach_disk gets a disk into a VM.
    enum Attach: String, Sendable, CaseIterable {
        /// While it runs where that is possible, else with a restart.
        case auto
        /// Always with a restart.
        case restart
    }

    /// Which disks have a container that runs, so that no prune takes them.
    enum Pin: String, Sendable, CaseIterable {
        case attached
        /// Also those that no VM has.
        case always
        /// None: the pin of an attached disk is there and does not run.
        case never
    }

    /// Which Docker, and how it is reached.
    struct Docker: Sendable {
        var address: Address
        /// As configured; a Unix socket has no use for it, a host given per call may.
        var tls: Address.TLS?
        /// The newest API version to speak; nil for the newest that we know.
        var ceiling: APIVersion?
    }

    /// What an agent is told in its settings, where the director does not say otherwise.
    struct Agent: Sendable {
        var mbus: String
        var ntp: [String]
        /// `{provider, options}`, nil when not configured.
        var blobstore: JSON?
    }

    /// Where the journal is, how many days it keeps what has ended, and whether calls settle what dead ones left.
    public struct Journaling: Sendable {
        public var directory: String
        var retentionDays: Int
        var recoverOnCall: Bool
    }

    /// Stemcells that are references to images.
    struct LightStemcell: Sendable {
        /// Whether one without a digest is refused.
        var requiresVerification: Bool
        /// By the registry's host.
        var logins: [String: RegistryLogin]
    }

    /// How snapshot_disk takes its copy.
    struct Snapshots: Sendable {
        /// Seconds that a VM may be paused for a copy of its disk; 0 for never.
        var pauseLimit: Int
    }

    /// All in seconds.
    struct Timeouts: Sendable {
        var request: Double
        var stop: Int
        var agentReady: Int
        var agentReadyOnCreate: Int
        var lock: Int
    }

    static let defaultDirectory = "/var/vcap/store/docker_cpi"
    /// What errors call the context of a call.
    private static let contextName = "context"

    /// Reads the file; throws `CPIError` that names the file or the key.
    public init(path: String) throws { try self.init(path: path, context: .null) }

    init(path: String, context: JSON) throws {
        let document = try Configuration.document(path)
        do {
            try self.init(document, context: context)
        } catch {
            let isContexts = "\(error)".hasPrefix("\(Configuration.contextName).")
            let file = isContexts ? "" : "in the configuration file \(path): "
            throw CPIError(kind: .cpi, message: "\(file)\(error)")
        }
    }

    /// What is in the file; throws `CPIError` that names it.
    static func document(_ path: String) throws -> JSON {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            let why = access(path, R_OK) != 0 ? String(cString: strerror(errno)) : "it is no file"
            throw CPIError(
                kind: .cpi, message: "cannot read the configuration file \(path): \(why)")
        }
        do {
            return try JSON(parsing: bytes)
        } catch {
            throw CPIError(
                kind: .cpi, message: "the configuration file \(path) is not JSON (\(error))")
        }
    }

    /// The keys of a cpi-config entry arrive in the `context` of each call and win: one director,
    /// many Docker hosts. `host`, `tls` and `api_version` win one by one, and the configuration's that loses
    /// is not looked at; `agent` and `light_stemcell` win key by key. The journal is always the
    /// configuration's.
    init(_ json: JSON, context: JSON = .null, asked: AskedNames? = nil) throws {
        let root = Field(name: "", value: json, asked: asked)
        let context = Field(name: Configuration.contextName, value: context)
        _ = try Field(name: "the document", value: json).object()
        let actions = try root.section("Actions")
        docker = try Docker(actions.section("Docker"), context)
        agent = try Agent(actions.section("Agent"))
        try agent.override(by: context.section("agent"))
        journal = try Journaling(root.section("journal"))
        timeouts = try Timeouts(root.section("timeouts"))
        privileged = try root.member("privileged").optional { try $0.bool() } ?? true
        startWithSystemd =
            try root.member("start_containers_with_systemd").optional { try $0.bool() }
        mountCgroupfs = try root.member("mount_cgroupfs").optional { try $0.bool() } ?? true
        lxcfs = try root.member("enable_lxcfs_support").optional { try $0.bool() } ?? false
        agentSettingsPath = try root.member("agent_settings_path").optional {
            try $0.settingsPath()
        }
        attach = try root.member("attach").optional { try $0.choice() } ?? .auto
        pin = try root.section("disks").member("pin").optional { try $0.choice() } ?? .attached
        lightStemcell = try LightStemcell(root.section("light_stemcell"))
        try lightStemcell.override(by: context.section("light_stemcell"))
        allowsEmulation =
            try root.section("stemcells").member("allow_emulation").optional { try $0.bool() }
            ?? false
        removesUnusedNetworks =
            try root.section("networks").member("remove_unused").optional { try $0.bool() } ?? false
        snapshots = try Snapshots(root.section("snapshots"))
    }
}
