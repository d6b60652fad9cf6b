import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("Docker over TCP")
    struct TLSTests {
        private func pem(_ directory: String, _ name: String) throws -> JSON {
            .string(try String(contentsOfFile: "\(directory)/\(name).pem", encoding: .utf8))
        }

        /// A TCP port in front of Docker's socket, which asks for a client certificate if `server` is one;
        /// where the executables run.
        private func front(_ rig: Rig, _ certificates: String, port: Int, server: String?) throws
            -> Command.Background
        {
            let upstream = "UNIX-CONNECT:" + rig.dockerHost.dropFirst("unix://".count)
            let plain = "TCP-LISTEN:\(port),bind=127.0.0.1,fork,reuseaddr"
            let listen = server.map {
                "OPENSSL-LISTEN:\(port),bind=127.0.0.1,fork,reuseaddr,verify=1,"
                    + "cert=\(certificates)/\($0).pem,key=\(certificates)/\($0)-key.pem,cafile=\(certificates)/ca.pem"
            }
            let socat = try Command.start(
                "/usr/bin/env", rig.words(["socat", listen ?? plain, upstream]))
            usleep(500_000)
            return socat
        }

        @Test("Mutual TLS from PEM texts, and every way in which it can be wrong")
        func mutualTLS() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let directory = rig.directory + "/tls"
            let made = try Command.run(Rig.root + "/dev/make-tls", [directory])
            try #require(made.exitCode == 0, "\(made.stderr)")
            let port = 23_760 + Int(getpid()) % 1_000
            let docker = try front(rig, directory, port: port, server: "server")
            let wrong = try front(rig, directory, port: port + 1_000, server: "wrong-name")
            let plain = try front(rig, directory, port: port + 2_000, server: nil)
            defer { [docker, wrong, plain].forEach { $0.stop() } }
            let good: JSON = [
                "ca": try pem(directory, "ca"), "certificate": try pem(directory, "client"),
                "private_key": try pem(directory, "client-key"),
            ]
            var stranger = good
            stranger["certificate"] = try pem(directory, "stranger")
            stranger["private_key"] = try pem(directory, "stranger-key")
            var broken = good
            broken["certificate"] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

            func call(_ port: Int, _ tls: JSON) throws -> Answer {
                var configuration = rig.configuration
                configuration["Actions"]["Docker"] = [
                    "host": .string("tcp://127.0.0.1:\(port)"), "tls": tls,
                ]
                try rig.save(configuration)
                return try rig.call("has_disk", ["disk-none"])
            }
            #expect(try call(port, good).result == false)
            #expect(try call(port + 2_000, .null).result == false, "plain TCP is legal")
            for (answer, said) in [
                (try call(port, stranger), "tcp://127.0.0.1:\(port)"),
                (try call(port, broken), "tcp://127.0.0.1:\(port)"),
                (try call(port, .null), "tcp://127.0.0.1:\(port)"),
                (try call(port + 1_000, good), "127.0.0.1"),
                (try call(port + 2_000, good), "tcp://127.0.0.1:\(port + 2_000)"),
            ] {
                #expect(answer.errorType == "Bosh::Clouds::CloudError", "\(answer.stdout)")
                #expect(answer.errorMessage.contains(said), "\(answer.errorMessage)")
                #expect(!answer.errorMessage.contains("BEGIN"))
            }

            // A cpi-config entry brings host and keys with each call.
            try rig.save(rig.configuration)
            var request = try JSON(parsing: Rig.request("has_disk", ["disk-none"]))
            request["context"]["host"] = .string("tcp://127.0.0.1:\(port)")
            request["context"]["tls"] = good
            #expect(try rig.send(request.bytes).result == false)
        }
    }
}
