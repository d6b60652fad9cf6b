import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A wrong configuration is told by its key")
struct ConfigurationTests {
    static let good: JSON = [
        "Actions": [
            "Docker": [
                "host": "tcp://10.0.0.1:2376", "api_version": "1.44",
                "tls": [
                    "ca": "-----BEGIN CERTIFICATE-----\nx",
                    "certificate": "-----BEGIN CERTIFICATE-----\ny",
                    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nmarker-of-a-secret",
                ],
            ],
            "Agent": [
                "Mbus": "nats://u:p@h:4222", "NTP": ["a"],
                "Blobstore": ["Provider": "dav", "Options": ["endpoint": "e", "password": "q"]],
            ],
        ],
        "start_containers_with_systemd": true, "mount_cgroupfs": false,
        "enable_lxcfs_support": true,
        "light_stemcell": [
            "require_image_verification": false,
            "registry": ["https://index.docker.io/v1/": ["username": "u", "password": "hub!pass"]],
        ],
        "journal": ["directory": "/j", "retention_days": 7, "recover_on_call": false],
        "timeouts": [
            "request": 1, "stop": 0, "agent_ready": 3, "agent_ready_on_create": 4, "lock": 5,
        ],
        "privileged": false, "unknown_key": ["of": "somebody else"],
    ]

    /// The good one with another value at a path.
    private func changed(_ path: String, _ value: JSON) -> JSON {
        func set(_ json: JSON, _ keys: ArraySlice<String>) -> JSON {
            guard let key = keys.first else { return value }
            var copy = json
            copy[key] = set(json[key], keys.dropFirst())
            return copy
        }
        return set(Self.good, path.split(separator: "/").map(String.init)[...])
    }

    @Test("every key is understood")
    func everything() throws {
        let configuration = try Configuration(Self.good)
        #expect(configuration.docker.address.text == "tcp://10.0.0.1:2376")
        #expect(configuration.docker.address.tls?.privateKey.contains("marker") == true)
        #expect(configuration.docker.ceiling == APIVersion(1, 44))
        #expect(configuration.agent.mbus == "nats://u:p@h:4222")
        #expect(configuration.agent.ntp == ["a"])
        #expect(configuration.agent.blobstore?["options"]["endpoint"] == "e")
        #expect(
            configuration.startWithSystemd == true && configuration.lxcfs
                && !configuration.mountCgroupfs)
        #expect(configuration.journal.directory == "/j")
        #expect(configuration.journal.retentionDays == 7 && !configuration.journal.recoverOnCall)
        #expect(configuration.timeouts.stop == 0 && configuration.timeouts.lock == 5)
        #expect(!configuration.privileged)
        #expect(!configuration.lightStemcell.requiresVerification)
        #expect(configuration.lightStemcell.logins["docker.io"]?.password == "hub!pass")
    }

    @Test("keys that mean nothing here are named, wherever they stand, and never with their values")
    func unknownKeys() throws {
        #expect(try Configuration.unknownKeys(Self.good) == ["unknown_key"])
        var misspelt = changed("timeouts/agent_redy", 30)
        misspelt["unknown_key"] = .null
        misspelt["Actions"]["Docker"]["tls"]["cert"] = "marker-of-a-secret"
        misspelt["light_stemcell"]["registry"]["other"] = [
            "username": "u", "password": "p", "e.mail": "m",
        ]
        misspelt["Actions"]["Agent"]["Blobstore"]["Options"]["any"] = ["thing": "at all"]
        #expect(
            try Configuration.unknownKeys(misspelt) == [
                "Actions.Docker.tls.cert", "light_stemcell.registry.other.e.mail",
                "timeouts.agent_redy", "unknown_key",
            ])
    }

    @Test("the host is all that is needed")
    func defaults() throws {
        let configuration = try Configuration(["Actions": ["Docker": ["host": "unix:///s"]]])
        #expect(configuration.journal.directory == Configuration.defaultDirectory)
        #expect(configuration.journal.retentionDays == 90 && configuration.journal.recoverOnCall)
        #expect(configuration.timeouts.request == 60 && configuration.timeouts.agentReady == 60)
        #expect(
            configuration.privileged && configuration.mountCgroupfs
                && configuration.startWithSystemd == nil && configuration.agentSettingsPath == nil)
        #expect(configuration.docker.ceiling == nil)
        #expect(configuration.agent.blobstore == nil)
    }

    @Test("what stands at tls has no meaning with a Unix socket")
    func unusedTLS() throws {
        var json = changed("Actions/Docker/tls", ["ca": "unused", "certificate": "unused"])
        json["Actions"]["Docker"]["host"] = "unix:///var/run/docker.sock"
        #expect(try Configuration(json).docker.tls == nil)
    }

    @Test(
        "a wrong value is told by its whole path, and not shown",
        arguments: [
            ("Actions/Docker/host", JSON.null), ("Actions/Docker/host", ""),
            ("Actions/Docker/host", "http://x"),
            ("Actions/Docker/host", 3), ("Actions/Docker/api_version", "x"),
            ("Actions/Docker/api_version", .number(1.44)),
            ("Actions/Docker/tls/ca", "marker-of-a-secret"),
            ("Actions/Docker/tls/certificate", .null),
            ("Actions/Docker/tls/private_key", "marker-of-a-secret"), ("Actions/Agent/Mbus", 3),
            ("Actions/Agent/NTP", "a"), ("Actions/Agent/Blobstore/Options", "x"),
            ("start_containers_with_systemd", "yes"), ("mount_cgroupfs", 1),
            ("enable_lxcfs_support", "true"),
            ("journal/directory", "relative"), ("journal/retention_days", 0),
            ("journal/recover_on_call", 1),
            ("timeouts/request", 0), ("timeouts/stop", -1), ("timeouts/agent_ready", "1"),
            ("timeouts/agent_ready_on_create", .number(1.5)), ("timeouts/lock", 1_000_000),
            ("privileged", "no"), ("Actions/Agent", "x"), ("Actions/Agent/Blobstore", 7),
            ("journal", "/var/lib/journal"), ("timeouts", 5), ("disks", "always"),
            ("networks", true), ("snapshots", .array([])), ("light_stemcell", false),
        ])
    func wrong(path: String, value: JSON) {
        #expect {
            _ = try Configuration(changed(path, value))
        } throws: { error in
            "\(error)".contains(path.replacing("/", with: ".")) && !"\(error)".contains("marker")
        }
    }

    @Test(
        "tls that is null, false, empty or an empty text is none",
        arguments: [JSON.null, false, .object([:]), ""])
    func noTLS(value: JSON) throws {
        #expect(try Configuration(changed("Actions/Docker/tls", value)).docker.address.tls == nil)
    }

    @Test(
        "a document of another shape is an error",
        arguments: [JSON.null, .array([]), "x", .object(["Actions": 3])])
    func shapes(json: JSON) {
        #expect(throws: (any Error).self) { try Configuration(json) }
    }

    @Test("a file that is not there, or not JSON, is told by its path")
    func files() throws {
        let directory = try TemporaryDirectory()
        let bad = try directory.write("cpi.json", Array("{".utf8))
        for path in [bad, directory.path + "/absent.json", directory.path] {
            #expect { _ = try Configuration(path: path) } throws: { "\($0)".contains(path) }
        }
    }

    @Test("the context of a call wins: host, version and keys")
    func context() throws {
        let configuration = try Configuration(Self.good)
        let other = try Configuration(
            Self.good,
            context: [
                "host": "tcp://10.0.0.2:2376", "api_version": "1.42",
            ])
        #expect(other.docker.address.text == "tcp://10.0.0.2:2376")
        #expect(other.docker.ceiling == APIVersion(1, 42))
        #expect(other.docker.address.tls == configuration.docker.address.tls)
        let socket = try Configuration(Self.good, context: ["host": "unix:///other.sock"])
        #expect(socket.docker.address.tls == nil)
        #expect(socket.docker.ceiling == APIVersion(1, 44))
        #expect(
            try Configuration(Self.good, context: ["director_uuid": "x"]).docker.address.text
                == "tcp://10.0.0.1:2376")
        #expect {
            _ = try Configuration(Self.good, context: ["host": "nonsense"])
        } throws: { "\($0)".contains("context.host") }
    }

    @Test("with a host in the context the configuration's own need be none")
    func unusedHost() throws {
        var json = Self.good
        json["Actions"]["Docker"] = [
            "host": "unused",
            "tls": ["ca": "unused", "certificate": "unused", "private_key": "unused"],
        ]
        #expect(throws: (any Error).self) { try Configuration(json) }
        let socket = try Configuration(
            json, context: ["host": "unix:///a.sock", "tls": false])
        #expect(socket.docker.address.text == "unix:///a.sock")
        let directory = try TemporaryDirectory()
        let path = try directory.write("cpi.json", json.bytes)
        #expect(
            try Configuration(path: path, context: ["host": "unix:///a.sock", "tls": [:]])
                .docker.tls == nil)
        #expect {
            _ = try Configuration(path: path, context: ["host": "nonsense", "tls": false])
        } throws: { "\(($0 as? CPIError)?.message ?? "")".hasPrefix("context.host ") }
    }

    @Test("the context's agent and light_stemcell win key by key; the journal stays")
    func contextKeys() throws {
        var json = Self.good
        json["light_stemcell"] = [
            "registry": [
                "a.example": ["username": "a", "password": "p1"],
                "b.example": ["username": "b", "password": "p2"],
            ]
        ]
        let configuration = try Configuration(json)
        let other = try Configuration(
            json,
            context: [
                "agent": ["Mbus": "nats://10.9.9.9:4222"],
                "light_stemcell": [
                    "require_image_verification": false,
                    "registry": ["b.example": ["username": "c", "password": "p3"]],
                ],
                "journal": ["directory": "/elsewhere"],
            ])
        #expect(other.agent.mbus == "nats://10.9.9.9:4222")
        #expect(other.agent.ntp == configuration.agent.ntp)
        #expect(other.lightStemcell.requiresVerification == false)
        #expect(other.lightStemcell.logins["a.example"]?.password == "p1")
        #expect(other.lightStemcell.logins["b.example"]?.username == "c")
        #expect(other.journal.directory == configuration.journal.directory)
        let half = try Configuration(
            json,
            context: [
                "light_stemcell": ["registry": ["c.example": ["username": "d", "password": "p4"]]]
            ])
        #expect(half.lightStemcell.requiresVerification)
        #expect {
            _ = try Configuration(json, context: ["agent": ["NTP": "x"]])
        } throws: { "\($0)".contains("context.agent.NTP") }
    }

    @Test("a ceiling below our floor is ignored with a warning")
    func ceiling() throws {
        let runner = try CallRunner()
        runner.configuration["Actions"]["Docker"]["api_version"] = "1.22"
        #expect(try runner.call("has_vm", ["vm-1"]) == false)
        #expect(runner.log.text.contains("api_version 1.22 is too old"))
        var paths: [String] = []
        runner.docker.onRequest = { _, request in
            paths.append(request.path)
            return nil
        }
        runner.configuration["Actions"]["Docker"]["api_version"] = "1.42"
        _ = try runner.call("has_vm", ["vm-1"])
        #expect(paths.contains("/v1.42/containers/vm-1/json"))
    }
}
