import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    /// Words that must not come out, in all places that a request, a configuration and a registry carry
    /// secrets in; Docker repeats some of them in its errors.
    @Suite("Secrets stay out of journal, log, answers, labels and temporary files")
    struct CanaryTests {
        private static let words = [
            "mbus", "blobstore", "env", "nested", "driver-opts", "log-config", "registry",
            "of-call",
            "in-context", "url", "snapshot", "stemcell",
        ]

        /// "canary-mbus-…": a word of its own for each place.
        private let canaries: [String: String]

        init() {
            let tail = UUID().uuidString.prefix(8)
            canaries = Dictionary(
                uniqueKeysWithValues: Self.words.map { ($0, "canary-\($0)-\(tail)") })
        }

        private subscript(place: String) -> JSON { .string(canaries[place] ?? "") }

        @Test("a VM's life with a secret in every place, and calls that fail with them")
        func wholeLife() throws {
            let rig = try Rig { configuration in
                configuration["Actions"]["Agent"]["Mbus"] = .string(
                    "https://agent:\(canaries["mbus"] ?? "")@0.0.0.0:6868")
                configuration["Actions"]["Agent"]["Blobstore"] = [
                    "Provider": "dav",
                    "Options": [
                        "endpoint": "http://10.0.0.6:25250", "user": "agent",
                        "password": self["blobstore"],
                    ],
                ]
                configuration["light_stemcell"] = [
                    "registry": [
                        "127.0.0.1:1": ["username": "robot", "password": self["registry"]]
                    ]
                ]
                configuration["attach"] = "auto"
            }
            defer { rig.tearDown() }
            let home = rig.directory + "/home"
            try FileManager.default.createDirectory(
                atPath: home, withIntermediateDirectories: true)
            var seen = try life(rig, home)
            seen += try failures(rig, home)
            seen += try rig.admin("journal", "list", "--json").stdout
            for id in try operations(rig) {
                let shown = try rig.admin("journal", "show", id, "--json")
                seen += shown.stdout + shown.stderr
            }
            requireAbsent(Array(seen.utf8), "output")
            for directory in [rig.directory + "/journal", home] {
                try requireAbsent(below: directory)
            }
        }

        /// What all the calls have said on stderr, and what labels there are.
        private func life(_ rig: Rig, _ home: String) throws -> String {
            let env: JSON = [
                "bosh": ["password": self["env"], "agent": ["settings": ["x": [self["nested"]]]]],
                "url": .string("https://u:\(canaries["url"] ?? "")@example.org/path"),
            ]
            // podman starts no container with a tag in it.
            let option = try TestEngine.isPodman ? "labels" : "tag"
            let properties: JSON = [
                "LogConfig": ["Type": "json-file", "Config": [option: self["log-config"]]]
            ]
            let arguments = rig.vmArguments(rig.network(), properties: properties, env: env)
            let made = try call(rig, home, "create_vm", arguments)
            let vm = try #require(made.result.array?.first, "\(made.stderr)")
            rig.later { _ = try? rig.call("delete_vm", [vm]) }
            let disk = JSON.string(try rig.makeDisk())
            var said = made.stderr
            for (method, arguments) in [
                ("attach_disk", [vm, disk] as JSON), ("detach_disk", [vm, disk]),
                ("reboot_vm", [vm]), ("set_vm_metadata", [vm, ["job": "x"]]),
            ] {
                let answer = try call(rig, home, method, arguments)
                #expect(answer.json["error"].isNull, "\(method): \(answer.stdout)")
                said += answer.stdout + answer.stderr
            }
            let snapshot = try call(
                rig, home, "snapshot_disk", [disk, ["password": self["snapshot"]]])
            let kept = try #require(snapshot.result.string, "\(snapshot.stdout)")
            rig.later { _ = try? rig.call("delete_snapshot", [.string(kept)]) }
            let stemcell = try call(
                rig, home, "create_stemcell",
                [.string(StemcellTrait.image), [:], ["tags": ["token": self["stemcell"]]]])
            let image = try #require(stemcell.result.string, "\(stemcell.stdout)")
            rig.later { _ = try? rig.call("delete_stemcell", [.string(image)]) }
            said += snapshot.stderr + stemcell.stderr
            let labels = try #require(try rig.engine.image(image)?.labels)
            #expect(labels["io.bosh.tag.token"] == "***")
            said += "\(labels)"
            said += try rig.engine.containers([:]).map { "\($0.labels)" }.joined()
            said += try rig.engine.volumes([:]).map { "\($0.labels)" }.joined()
            // The settings are in the VM, where they belong, or this test looks for nothing.
            let settings = try rig.shell(
                vm.string ?? "", "cat /var/vcap/bosh/warden-cpi-agent-env.json")
            for place in ["mbus", "blobstore", "env", "nested", "url"] {
                #expect(settings.contains(canaries[place] ?? ""), "\(place)")
            }
            return said
        }

        /// Calls that Docker or a registry refuses.
        private func failures(_ rig: Rig, _ home: String) throws -> String {
            let options: JSON = [
                "type": "cifs", "device": "//127.0.0.1/none",
                "o": .string("username=u,password=\(canaries["driver-opts"] ?? "")"),
            ]
            let made = try call(rig, home, "create_disk", [16, ["driver_opts": options], .null])
            var said = made.stdout + made.stderr
            if made.result.string != nil {
                let arguments = rig.vmArguments(rig.network(), disks: [made.result.string ?? ""])
                rig.later(.disks) { _ = try? rig.call("delete_disk", [made.result]) }
                let vm = try call(rig, home, "create_vm", arguments)
                #expect(!vm.json["error"].isNull, "\(vm.stdout)")
                said += vm.stdout + vm.stderr
            }
            let light = try LightRig(rig: rig).arguments([
                "name": "x", "version": "1", "image_reference": "127.0.0.1:1/none:1",
                "digest": .string("sha256:" + String(repeating: "a", count: 64)),
                "registry": ["username": "robot", "password": self["of-call"]],
            ])
            let pulled = try call(rig, home, "create_stemcell", light)
            #expect(!pulled.json["error"].isNull)
            said += pulled.stdout + pulled.stderr
            var wrong = try JSON(parsing: Rig.request("info", []))
            wrong["context"]["tls"] = ["private_key": self["in-context"]]
            let refused = try send(rig, home, wrong.bytes)
            return said + refused.stdout + refused.stderr
        }

        private func call(_ rig: Rig, _ home: String, _ method: String, _ arguments: JSON) throws
            -> Answer
        {
            try send(rig, home, Rig.request(method, arguments))
        }

        private func send(_ rig: Rig, _ home: String, _ request: [UInt8]) throws -> Answer {
            try rig.send(request, environment: ["HOME": home, "TMPDIR": home])
        }

        private func operations(_ rig: Rig) throws -> [String] {
            let list = try JSON(parsing: rig.admin("journal", "list", "--json").stdout.utf8)
            return (list["operations"].array ?? []).compactMap { $0["id"].string }
        }

        private func requireAbsent(below directory: String) throws {
            let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
            for name in names {
                let content = FileManager.default.contents(atPath: directory + "/" + name)
                requireAbsent(Array(content ?? Data()), name)
            }
        }

        /// As it is, in base64, and percent-encoded, which leaves letters, digits and '-' alone.
        private func requireAbsent(_ bytes: [UInt8], _ place: String) {
            let text = Data(bytes)
            for (name, canary) in canaries {
                #expect(text.range(of: Data(canary.utf8)) == nil, "\(name) is in \(place)")
                // Of the three ways in which a word may lie in base64, what does not depend on neighbours.
                for lead in 0..<3 {
                    let padded = String(repeating: " ", count: lead) + canary
                    let code = Data(padded.utf8).base64EncodedString().dropFirst(4).dropLast(4)
                    #expect(text.range(of: Data(code.utf8)) == nil, "\(name) is in \(place)")
                }
            }
        }
    }
}
