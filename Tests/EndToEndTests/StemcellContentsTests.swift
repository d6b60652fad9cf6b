import Foundation
import Testing

@testable import Engine

extension EndToEnd {
    @Suite("What is inside a stemcell")
    struct StemcellContentsTests {
        @Test("It is seen without starting anything, kept as labels, and VMs are made by it")
        func seen() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let path = "/var/vcap/bosh/other-env.json"
            let agent = #"{"Infrastructure": {"Settings": {"Sources": [{"Type": "File", "#
            let image = try changed(
                rig,
                """
                mkdir -p lib/systemd usr/lib
                cp bin/true lib/systemd/systemd
                rm -f sbin/init etc/os-release
                ln -s ../lib/systemd/systemd sbin/init
                echo 'PRETTY_NAME="Seen Linux 1"' >usr/lib/os-release
                ln -s ../usr/lib/os-release etc/os-release
                echo '\(agent)"SettingsPath": "\(path)"}]}}}' >var/vcap/bosh/agent.json
                """)
            let before = try rig.engine.containers([:]).count
            let cid = try stemcell(rig, image, ["name": "seen"])
            let labels = try #require(try rig.engine.image(cid)).labels
            #expect(labels["io.bosh.stemcell.init"] == "systemd", "\(labels)")
            #expect(labels["io.bosh.stemcell.os_release"] == "Seen Linux 1")
            #expect(labels["io.bosh.stemcell.settings_path"] == path)
            #expect(try labels["io.bosh.stemcell.architecture"] == machine())
            #expect(try rig.engine.containers([:]).count == before)
            #expect(try rig.leftovers([cid]) == [cid])

            let properties: JSON = ["force_start_without_systemd": true]
            var arguments = rig.vmArguments(rig.network(), properties: properties).array ?? []
            arguments[1] = .string(cid)
            let vm = try rig.makeVM(arguments: .array(arguments))
            let settings = try rig.shell(vm, "cat \(path)")
            #expect(settings.contains("agent_id"))
            // podman shows the number of the one that nobody asked for.
            let signal = try rig.engine.inspectContainer(vm).json["Config"]["StopSignal"]
            #expect(try signal.isNull || (TestEngine.isPodman && signal == "15"))
            try rig.result("delete_vm", [.string(vm)])
            try rig.result("delete_stemcell", [.string(cid)])
            #expect(try rig.leftovers(["stemcell"]) == [rig.stemcell])
        }

        @Test("One for another architecture, or without a shell, is refused by what is in it")
        func architecture() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let here = try machine()
            let said = try rig.call(
                "create_stemcell", [.string(StemcellTrait.image), ["architecture": "s390x"]])
            #expect(said.errorMessage.contains("s390x") && said.errorMessage.contains(here))
            // The header of a program for s390x in the place of the shell.
            let image = try changed(
                rig,
                """
                rm bin/sh
                { printf '\\177ELF\\002\\002\\001'; head -c 12 /dev/zero; printf '\\026'; } >bin/sh
                """)
            let images = try rig.engine.get("/images/json", [("all", "1")]).array?.count
            let seen = try rig.call("create_stemcell", [.string(image), [:]])
            #expect(
                seen.errorMessage.contains("s390x") && seen.errorMessage.contains(here), "\(seen)")
            #expect(seen.errorMessage.contains("everything is as it was before"), "\(seen)")
            let mute = try rig.call("create_stemcell", [.string(changed(rig, "rm bin/sh")), [:]])
            #expect(mute.errorMessage.contains("the stemcell has no /bin/sh"), "\(mute)")
            #expect(mute.errorMessage.contains("everything is as it was before"), "\(mute)")
            #expect(try rig.engine.get("/images/json", [("all", "1")]).array?.count == images)
            #expect(try rig.leftovers(["stemcell"]) == [rig.stemcell])
        }

        @Test("Killed at each request that changes something, and recovered: nothing is left")
        func killed() throws {
            let rig = try Rig()
            defer { rig.tearDown() }
            let proxy = try WireProxy(rig.directory + "/proxy.sock", upstream: rig.socket)
            defer { proxy.stop() }
            for request in ["/images/create", "/containers/create", "HEAD", "/commit", "DELETE"] {
                for fault in [WireProxy.Fault.killBefore, .killAfter] {
                    proxy.arm(request, fault)
                    let bytes = Rig.request(
                        "create_stemcell", [.string(StemcellTrait.image), ["name": "killed"]])
                    let answer = try rig.through(proxy) {
                        try rig.send(bytes, started: proxy.aim)
                    }
                    try #require(proxy.disarm() && answer.wasKilled, "\(request): \(answer)")
                    _ = try rig.admin("recover", "--yes")
                    // One that has its last name may be known to a director: it stays, whole.
                    for cid in try rig.leftovers(["stemcell:"]) where cid != rig.stemcell {
                        try rig.result("delete_stemcell", [.string(cid)])
                    }
                    #expect(
                        try rig.leftovers(["stemcell"]) == [rig.stemcell], "\(fault) \(request)")
                }
            }
        }

        private func stemcell(_ rig: Rig, _ image: String, _ properties: JSON) throws -> String {
            try #require(
                try rig.result("create_stemcell", [.string(image), properties]).string)
        }

        /// As the kernel calls it, and Docker too; podman has Go's word.
        private func machine() throws -> String {
            try Command.run("/usr/bin/env", ["uname", "-m"]).stdout.filter { !$0.isNewline }
        }

        /// The small stemcell's image, changed by a shell script that runs in its root.
        private func changed(_ rig: Rig, _ script: String) throws -> String {
            let (root, image) = (rig.directory + "/root", rig.directory + "/changed")
            let run = try Command.run(
                "/bin/sh",
                [
                    "-ec",
                    """
                    rm -rf '\(root)'; mkdir '\(root)'; cd '\(root)'
                    tar -xzf '\(StemcellTrait.image)' --exclude='./dev/*'
                    \(script)
                    tar -czf '\(image)' .
                    """,
                ])
            try #require(run.exitCode == 0, "\(run.stderr)")
            return image
        }
    }
}
