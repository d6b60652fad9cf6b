import Engine
import Logging
import Testing

@testable import CPI
@testable import Support

@Suite("Secrets are learned from requests and from the configuration")
struct LearningTests {
    private func redactor(_ method: String, _ arguments: [JSON], context: JSON = [:]) throws
        -> Redactor
    {
        let redactor = Redactor()
        let request: JSON = [
            "method": .string(method), "arguments": .array(arguments), "context": context,
        ]
        redactor.learn(from: try CallRequest(parsing: request.bytes))
        return redactor
    }

    private func vm(_ env: JSON, _ properties: JSON = [:]) throws -> Redactor {
        try redactor(
            "create_vm", ["agent-1", "stemcell:1", properties, Scene.staticNetwork, [], env])
    }

    @Test("all of env but names, addresses and what the request says elsewhere")
    func env() throws {
        let redactor = try vm([
            "bosh": [
                "password": "$6$salt$hash", "group": "my-director-group",
                "groups": ["my-first-group"], "tags": ["deployment": "my-deployment"],
                "mbus": [
                    "urls": ["nats://nats:mbus-pass@10.0.0.6:4222"],
                    "cert": ["ca": "the-ca-text", "private_key": "k3y!"],
                ],
                "blobstores": [
                    [
                        "provider": "s3-compatible",
                        "options": [
                            "endpoint": "http://10.0.0.6:25250",
                            "blobstore_path": "/var/vcap/blobs",
                            "signed": "https://s3.example/x?X-Sig=abcdef123",
                        ],
                    ]
                ],
                "list": ["first-of-a-list"], "address": "10.1.0.5", "other": "10.1.0.5",
                "subnet": "10.1.0.0/24", "networkname": "net-a",
            ]
        ])
        for secret in [
            "$6$salt$hash", "mbus-pass", "the-ca-text", "k3y!", "X-Sig=abcdef123",
            "first-of-a-list",
        ] {
            #expect(redactor.clean("<\(secret)>") == "<***>", "\(secret)")
        }
        let open =
            "my-director-group my-first-group my-deployment s3-compatible http://10.0.0.6:25250 "
            + "/var/vcap/blobs 10.1.0.5 10.1.0.0/24 net-a nats 10.0.0.6:4222 agent-1 stemcell:1"
        #expect(redactor.clean(open) == open)
    }

    @Test(
        "the other cloud_properties are no secrets, but for a log driver's settings in any spelling",
        arguments: [("LogConfig", "Config"), ("logconfig", "CONFIG")])
    func logConfig(name: String, settings: String) throws {
        let properties: JSON = [
            "Hostname": "my-hostname", "CgroupParent": "my-parent",
            name: [
                "Type": "splunk",
                settings: [
                    "splunk-token": "t0k!", "splunk-url": "https://splunk.example:8088",
                    "custom": "custom-value", "max-size": "500000k", "tag": "my-log-tag",
                ],
            ],
        ]
        let redactor = try vm([:], properties)
        #expect(redactor.clean("t0k! custom-value") == "*** ***")
        let open = "my-hostname my-parent splunk https://splunk.example:8088 500000k my-log-tag"
        #expect(redactor.clean(open) == open)
    }

    @Test("the password of a share's options, and neither its user nor its device")
    func driverOptions() throws {
        let options: JSON = [
            "type": "cifs", "device": "//files.example/share",
            "o": "username=somebody,password=hunter-2,vers=3.0", "sshfs_pass": "other!",
        ]
        let redactor = try redactor("create_disk", [100, ["driver_opts": options], .null])
        #expect(
            redactor.clean("mount with hunter-2 and other! failed")
                == "mount with *** and *** failed")
        let open = "somebody //files.example/share vers=3.0 cifs"
        #expect(redactor.clean(open) == open)
    }

    @Test("a password in a URL is also known without the URL's encoding")
    func encoded() throws {
        let redactor = try vm(["mbus": "nats://u:p%40ss%2Fword@h:1"])
        #expect(redactor.clean("p%40ss%2Fword and p@ss/word") == "*** and ***")
    }

    @Test("the keys of a cpi-config entry, wherever the context has them")
    func context() throws {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nc29tZSBieXRlcyBvZiBhIGtleQ==\n-----END…"
        let redactor = try redactor(
            "info", [],
            context: ["tls": ["private_key": .string(key)], "director_uuid": "d-uuid-1"])
        #expect(redactor.clean("bad c29tZSBieXRlcyBvZiBhIGtleQ==") == "bad ***")
        #expect(redactor.clean("d-uuid-1") == "d-uuid-1")
    }

    @Test("TLS keys, the bus's and the blobstore's passwords of the configuration")
    func configuration() throws {
        var json = ConfigurationTests.good
        json["Actions"]["Agent"]["Mbus"] = "nats://nats:bus-password@10.0.0.6:4222"
        json["Actions"]["Agent"]["Blobstore"]["Options"] = [
            "endpoint": "http://10.0.0.6:25250", "user": "some-agent", "password": "blob!",
            "tls": ["cert": ["ca": "blobstore-ca-text"]],
        ]
        let redactor = Redactor()
        redactor.learn(from: try Configuration(json))
        #expect(
            redactor.clean("marker-of-a-secret bus-password blob! hub!pass")
                == "*** *** *** ***")
        #expect(redactor.clean("blobstore-ca-text") == "***")
        let open = "nats 10.0.0.6:4222 http://10.0.0.6:25250 some-agent tcp://10.0.0.1:2376"
        #expect(redactor.clean(open) == open)
    }

    @Test("what Docker repeats of a share's password is in no answer and no log line")
    func doors() throws {
        let runner = try CallRunner()
        runner.docker.onRequest = { _, request in
            guard request.method == "POST", case .bytes(let body, _) = request.body else {
                return nil
            }
            return .status(500, "bad options: " + String(decoding: body, as: UTF8.self))
        }
        let options: JSON = ["type": "cifs", "o": "username=u,password=hunter-2"]
        let failure = #expect(throws: CallFailure.self) {
            try runner.call("create_disk", [100, ["driver_opts": options], .null])
        }
        #expect(failure?.message.contains("username=u,password=***") == true)
        #expect(failure?.message.contains("hunter") == false)
        #expect(!runner.log.text.contains("hunter"))
    }

    @Test("a log line is cleaned, and so is all that goes with it")
    func logLines() {
        let lines = LogLines()
        let redactor = Redactor()
        redactor.learn("marker-of-a-secret")
        var logger = Logger(label: "test") { _ in lines.handler }.redacted(by: redactor)
        logger[metadataKey: "key"] = "marker-of-a-secret"
        #expect(logger[metadataKey: "key"] == "***")
        logger.warning(
            "the marker-of-a-secret is out", metadata: ["a": ["b": "marker-of-a-secret"]])
        #expect(lines.text == "warning: the *** is out")
    }
}
