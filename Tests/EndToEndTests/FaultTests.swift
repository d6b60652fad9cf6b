import Foundation
import Journal
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("An absent Docker, a wrong configuration, a lost answer: nothing hangs or lies")
    struct FaultTests {
        @Test("The journal is private, and every call is in it")
        func everyCall() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try rig.result("info", [])
            _ = try rig.call("has_vm", ["vm-none"])
            _ = try rig.call("has_vm", [.null])
            _ = try rig.call("delete_disk", ["disk-none"])
            let attributes = try FileManager.default.attributesOfItem(atPath: rig.journalPath)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let journal = try Journal(reading: rig.journalPath)
            let found = try journal.operations(OperationFilter(limit: 9)).map {
                "\($0.method) \($0.state.rawValue)"
            }
            #expect(
                found == ["delete_disk failed", "has_vm failed", "has_vm done", "info done"])
            #expect(
                try journal.operations(OperationFilter(limit: 9)).allSatisfy {
                    $0.replied == "delivered"
                })
            #expect(try journal.check() == [])
        }

        @Test(
            "A Docker that is down, hangs or is none: an error with address and advice, no answer of false"
        )
        func dockerFaults() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let hanging = try Listener(rig.directory + "/hang.sock", reply: nil)
            let other = try Listener(
                rig.directory + "/other.sock", reply: "220 mail.example ESMTP\r\n")
            let web = try Listener(
                rig.directory + "/web.sock", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
            )
            defer { [hanging, other, web].forEach { $0.stop() } }
            for (host, said) in [
                ("unix:///no/such.sock", "errno 2"), ("tcp://127.0.0.1:1", "errno 111"),
                ("unix://" + hanging.path, "no answer"), ("unix://" + other.path, other.path),
                ("unix://" + web.path, "Api-Version"),
            ] {
                var configuration = rig.configuration
                configuration["Actions"]["Docker"]["host"] = .string(host)
                configuration["timeouts"]["request"] = 2
                try rig.save(configuration)
                let start = Date()
                for method in ["has_vm", "delete_vm"] {
                    let answer = try rig.call(method, ["vm-1"])
                    #expect(answer.errorType == "Bosh::Clouds::CloudError", "\(answer.stdout)")
                    #expect(answer.errorMessage.contains(said), "\(host): \(answer.errorMessage)")
                    #expect(answer.errorMessage.contains(host), "\(host): \(answer.errorMessage)")
                }
                #expect(Date().timeIntervalSince(start) < 10)
                #expect(try rig.call("info", []).json["error"].isNull, "info needs no Docker")
            }
        }

        @Test(
            "A configuration that is wrong is answered by an error that names the file or the key",
            arguments: [
                ("", "is not JSON"), ("[]", "the document"), ("{}", "Actions.Docker.host"),
                (#"{"Actions":{"Docker":{"host":7}}}"#, "Actions.Docker.host"),
                (#"{"Actions":{"Docker":{"host":"http://x"}}}"#, "Actions.Docker.host"),
                (
                    #"{"Actions":{"Docker":{"host":"tcp://h:1","tls":{"ca":"x"}}}}"#,
                    "Actions.Docker.tls.ca"
                ),
                (
                    #"{"Actions":{"Docker":{"host":"unix:///s","api_version":1.44}}}"#,
                    "Actions.Docker.api_version"
                ),
                (
                    #"{"Actions":{"Docker":{"host":"unix:///s"}},"timeouts":{"stop":"5"}}"#,
                    "timeouts.stop"
                ),
                (
                    #"{"Actions":{"Docker":{"host":"unix:///s"}},"journal":{"directory":"x"}}"#,
                    "journal.directory"
                ),
            ])
        func wrongConfigurations(_ text: String, _ said: String) throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            try Data(text.utf8).write(to: URL(fileURLWithPath: rig.configurationPath))
            let answer = try rig.call("info", [])
            #expect(answer.exitCode == 0 && answer.errorType == "Bosh::Clouds::CpiError")
            #expect(answer.errorMessage.contains(said), "\(answer.errorMessage)")
            let missing = try rig.send(Rig.request("info", []), configuration: "/no/such.json")
            #expect(missing.exitCode == 0 && missing.errorMessage.contains("/no/such.json"))
        }

        @Test("No secret of a call or of the configuration is in the journal, an answer or stderr")
        func secrets() throws {
            let rig = try Rig {
                $0["Actions"]["Agent"]["Blobstore"] = ["Options": ["password": "hidden-1"]]
            }
            defer { rig.tearDown() }
            let env: JSON = [
                "bosh": ["password": "hidden-2", "mbus": ["cert": ["private_key": "hidden-3"]]]
            ]
            let network = rig.network()
            let vm = try rig.makeVM(network, env: env)
            let settings = try rig.shell(vm, "cat /var/vcap/bosh/warden-cpi-agent-env.json")
            #expect(settings.contains("hidden-1") && settings.contains("hidden-2"))
            #expect(
                try rig.shell(vm, "stat -c %a /var/vcap/bosh/warden-cpi-agent-env.json") == "600")
            let disk = try rig.makeDisk()
            let attached = try rig.call("attach_disk", [.string(vm), .string(disk)])
            let refused = try rig.call("create_vm", rig.vmArguments(network, env: env))
            var seen = attached.stdout + attached.stderr + refused.stdout + refused.stderr
            for file in try FileManager.default.contentsOfDirectory(
                atPath: rig.directory + "/journal")
            {
                let path = URL(fileURLWithPath: rig.directory + "/journal/" + file)
                seen += String(decoding: (try? Data(contentsOf: path)) ?? Data(), as: UTF8.self)
            }
            #expect(seen.contains("create_vm"))
            for secret in ["hidden-", "top-secret"] { #expect(!seen.contains(secret)) }
        }

        /// The plan of a call whose stdout is closed.
        private func unread(_ rig: Rig, _ method: String, _ arguments: JSON) throws -> JSON {
            let request = rig.directory + "/request"
            try Data(Rig.request(method, arguments)).write(to: URL(fileURLWithPath: request))
            _ = try Command.run("/bin/bash", ["-c", "\(rig.callScript) <'\(request)' >&-"])
            let operation = try Journal(reading: rig.journalPath).operation("last")
            #expect(operation.state == .done && operation.replied == "lost", "\(operation)")
            return try JSON(parsing: (operation.plan ?? "").utf8)
        }

        @Test("An answer that nobody reads is recorded as lost, and the work is done")
        func lostAnswer() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let disk = try #require(
                unread(rig, "create_disk", [16, [:], .null])["disk"].string)
            #expect(try rig.result("has_disk", [.string(disk)]) == true)
            try rig.result("delete_disk", [.string(disk)])
        }

        @Test("A VM whose answer nobody reads gives its static address to the director's next one")
        func lostVM() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let network = rig.network()
            let arguments = rig.vmArguments(network)
            let first = try #require(unread(rig, "create_vm", arguments)["vm"].string)
            #expect(try rig.admin("orphans").stdout.contains(first))
            // Who asks has its CID: then it is somebody's.
            #expect(try rig.result("has_vm", [.string(first)]) == true)
            let held = try rig.call("create_vm", rig.vmArguments(network))
            #expect(held.errorMessage.contains("held by \(first)"), "\(held.stdout)")
            try rig.result("delete_vm", [.string(first)])
            let second = try #require(unread(rig, "create_vm", arguments)["vm"].string)
            let third = try rig.makeVM(network)
            #expect(try rig.engine.container(second) == nil)
            try rig.awaitAgent(third)
            try rig.result("delete_vm", [.string(third)])
        }

        @Test("A stemcell is streamed: memory does not grow with its size")
        func memory() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let tar = rig.directory + "/big.tar"
            try Command.shell(
                """
                cd '\(rig.directory)' && truncate -s 300M big && mkdir -p bin && cp /bin/sh bin/sh
                tar -cf big.tar big bin && rm big
                """)
            let request = String(
                decoding: Rig.request("create_stemcell", [.string(tar), ["name": "big"]]),
                as: UTF8.self)
            try Data(request.utf8).write(to: URL(fileURLWithPath: rig.directory + "/request"))
            let script = """
                import resource, subprocess, sys
                out = subprocess.run(sys.argv[2:], stdin=open(sys.argv[1]), stdout=subprocess.PIPE).stdout
                print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); print(out.decode())
                """
            let run = try Command.run(
                "/usr/bin/env",
                ["python3", "-c", script, rig.directory + "/request", "/usr/bin/env"]
                    + rig.command("docker-cpi", ["-configPath", rig.configurationPath]))
            let lines = run.stdout.split(separator: "\n")
            let kibibytes = try #require(
                lines.first.flatMap { Int($0) }, "\(run.stdout)\(run.stderr)")
            let cid = try #require(try JSON(parsing: lines[1].utf8)["result"].string)
            try rig.result("delete_stemcell", [.string(cid)])
            // The debug build that is tested here has some MiB more than the one that is shipped.
            #expect(kibibytes < 48 * 1_024, "\(kibibytes) KiB")
        }
    }
}
