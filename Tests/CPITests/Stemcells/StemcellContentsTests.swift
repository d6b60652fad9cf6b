import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A stemcell is looked into once, and VMs are made by what was seen")
struct StemcellContentsTests {
    /// A root file system as far as the look goes: what the builders of those stemcells put there.
    struct Tree: Sendable, CustomStringConvertible {
        let description: String
        var release = ""
        var sources =
            #"[{"Type": "File", "SettingsPath": "/var/vcap/bosh/warden-cpi-agent-env.json"}]"#
        var files: [String] = []
        var links: [String: String] = [:]
        var machine: UInt8 = 62

        var archive: [UInt8] {
            var contents = Dictionary(uniqueKeysWithValues: files.map { ($0, [UInt8]()) })
            contents["/usr/lib/os-release"] = Array(release.utf8)
            contents["/usr/bin/dash"] = elf
            let settings = #"{"Infrastructure": {"Settings": {"Sources": \#(sources)}}}"#
            contents["/var/vcap/bosh/agent.json"] = Array(settings.utf8)
            let merged = ["/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib"]
            return FakeTar.archive(
                contents,
                links: links.merging(merged) { one, _ in one }.merging([
                    "/etc/os-release": "../usr/lib/os-release", "/usr/bin/sh": "dash",
                ]) { one, _ in one })
        }

        private var elf: [UInt8] {
            [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [
                3, 0, machine, 0,
            ]
        }

        static let noble = Tree(
            description: "Noble",
            release:
                "PRETTY_NAME=\"Ubuntu 24.04.2 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\n",
            files: [
                "/usr/lib/systemd/systemd", "/usr/lib/systemd/system/bosh-agent.service",
                "/usr/sbin/runsvdir-start", "/etc/sv/monit/run",
            ],
            links: ["/usr/sbin/init": "../lib/systemd/systemd"])
        static let jammy = Tree(
            description: "Jammy",
            release: "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nVERSION_ID=\"22.04\"\nID=ubuntu\n",
            files: [
                "/usr/lib/systemd/systemd", "/usr/lib/systemd/system/runit.service",
                "/usr/sbin/runsvdir-start", "/etc/sv/agent/run",
            ],
            links: [
                "/usr/sbin/init": "/lib/systemd/systemd", "/etc/service/agent": "/etc/sv/agent",
            ])
        static let debian = Tree(
            description: "Debian",
            release: "# Debian\nID=debian\nVERSION_ID='12'\n",
            sources: #"""
                [{"Type": "HTTP", "URI": "http://169.254.169.254"},
                 {"Type": "InstanceMetadata", "SettingsPath": "/latest"},
                 {"Type": "File", "SettingsPath": "/var/vcap/bosh/debian-env.json"}]
                """#,
            files: ["/usr/lib/systemd/systemd"],
            links: ["/usr/sbin/init": "/lib/systemd/systemd"])
        static let busybox = Tree(
            description: "busybox", sources: #""no list""#, files: ["/usr/bin/busybox"],
            links: ["/usr/sbin/init": "../bin/busybox"])
        static let runit = Tree(
            description: "runit", release: "ID=void\n", sources: "[]",
            files: ["/usr/bin/runit-init"],
            links: ["/usr/sbin/init": "../bin/runit-init"])
    }

    let scene: Scene
    init() throws { scene = try Scene() }

    private func create(_ tree: Tree, _ properties: JSON = ["name": "seen"]) throws -> String {
        let path = try scene.runner.directory.write("tree", tree.archive)
        return try scene.runner.call("create_stemcell", [.string(path), properties]).string ?? ""
    }

    private func failure(_ tree: Tree, _ properties: JSON = [:]) -> String {
        #expect(throws: CallFailure.self) { try create(tree, properties) }?.message ?? ""
    }

    private func machine(_ stemcell: String, _ properties: JSON = [:]) throws
        -> FakeDocker.State.Container
    {
        var arguments = scene.arguments(
            agent: "agent-\(scene.docker.state.containers.count)",
            networks: Scene.dynamicNetwork, properties: properties)
        arguments[1] = .string(stemcell)
        let vm = try scene.runner.call("create_vm", arguments).array?.first?.string ?? ""
        return try #require(scene.docker.state.container(vm))
    }

    @Test(
        "what is inside becomes labels of the image",
        arguments: [
            (
                Tree.noble, "systemd", "Ubuntu 24.04.2 LTS",
                "/var/vcap/bosh/warden-cpi-agent-env.json"
            ),
            (.jammy, "runit", "Ubuntu 22.04.5 LTS", "/var/vcap/bosh/warden-cpi-agent-env.json"),
            (.debian, "systemd", "debian 12", "/var/vcap/bosh/debian-env.json"),
            (.busybox, "other", "", ""), (.runit, "runit", "void", ""),
        ])
    func labels(tree: Tree, initSystem: String, system: String, path: String) throws {
        let cid = try create(tree)
        let labels = try #require(scene.docker.state.image(cid)?.labels)
        #expect(labels["io.bosh.stemcell.init"] == initSystem)
        #expect(labels["io.bosh.stemcell.os_release"] == system)
        #expect(labels["io.bosh.stemcell.settings_path"] == path)
        #expect(labels["io.bosh.stemcell.architecture"] == "x86_64")
        #expect(labels["io.bosh.stemcell.name"] == "seen")
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a VM is started as its stemcell needs it, with the settings where its agent looks")
    func machines() throws {
        let noble = try machine(try create(.noble))
        #expect(noble.config["StopSignal"] == "SIGRTMIN+3")
        #expect(noble.config["Cmd"].array?.first?.string?.contains("exec /sbin/init") == true)
        let jammy = try machine(try create(.jammy))
        #expect(jammy.config["StopSignal"].isNull)
        let debian = try machine(try create(.debian))
        #expect(debian.config["StopSignal"] == "SIGRTMIN+3")
        #expect(debian.layer["/var/vcap/bosh/debian-env.json"] != nil)
        #expect(debian.layer["/var/vcap/bosh/warden-cpi-agent-env.json"] == nil)
        #expect(debian.labels["io.bosh.stemcell.settings_path"] == "/var/vcap/bosh/debian-env.json")
        #expect(
            debian.config["Cmd"].array?.first?.string?.contains("/var/vcap/bosh/debian-env.json")
                == true)
        #expect(noble.labels["io.bosh.stemcell"] == "")
    }

    @Test("the VM's cloud_properties win over the configuration, and that over what was seen")
    func overrides() throws {
        let (noble, jammy) = (try create(.noble), try create(.jammy))
        let without = try machine(noble, ["force_start_without_systemd": true])
        #expect(without.config["StopSignal"].isNull)
        scene.runner.configuration["start_containers_with_systemd"] = false
        scene.runner.configuration["agent_settings_path"] = "/etc/agent-env.json"
        #expect(try machine(noble).config["StopSignal"].isNull)
        let with = try machine(jammy, ["force_start_with_systemd": true])
        #expect(with.config["StopSignal"] == "SIGRTMIN+3")
        #expect(with.layer["/etc/agent-env.json"] != nil)
        scene.runner.configuration["start_containers_with_systemd"] = true
        #expect(try machine(jammy).config["StopSignal"] == "SIGRTMIN+3")
    }

    @Test(
        "the agent is looked for by the settings of its VM, whatever the configuration says by now")
    func probe() throws {
        let vm = try machine(try create(.debian))
        scene.runner.configuration["agent_settings_path"] = "/etc/other.json"
        let disk = try scene.makeDisk()
        _ = try scene.runner.call("attach_disk", [.string(vm.name), .string(disk)])
        let scripts = scene.docker.state.execs.values.compactMap(\.command.last)
        #expect(scripts.contains { $0.contains("cat '/var/vcap/bosh/debian-env.json'") })
        #expect(!scripts.contains { $0.contains("/etc/other.json") })
    }

    @Test("a stemcell that nobody has looked into is started as before")
    func unseen() throws {
        let index = try #require(scene.docker.state.index(ofImage: scene.stemcell))
        scene.docker.state.images[index].labels = [:]
        let vm = try machine(scene.stemcell)
        #expect(vm.config["StopSignal"].isNull)
        #expect(vm.layer["/var/vcap/bosh/warden-cpi-agent-env.json"] != nil)
    }

    @Test("one for another architecture is refused, by what it says, and by what is in it")
    func architecture() throws {
        let said = failure(.noble, ["architecture": "arm64"])
        #expect(said.contains("aarch64") && said.contains("x86_64"), "\(said)")
        #expect(!scene.docker.requests.contains { $0.contains("/images/create") })
        _ = try scene.runner.directory.write(
            "stemcell.MF", Array("cloud_properties:\n  architecture: arm64\n".utf8))
        #expect(failure(.noble).contains("aarch64"))
        _ = try scene.runner.directory.write("stemcell.MF", Array("name: x\n".utf8))
        var foreign = Tree.noble
        foreign.machine = 183
        let seen = failure(foreign)
        #expect(seen.contains("aarch64") && seen.contains("x86_64"), "\(seen)")
        #expect(seen.contains("everything is as it was before"), "\(seen)")
        #expect(scene.docker.settledInvariants() == [])
        #expect(scene.docker.state.imageTags == [scene.stemcell])
        _ = try create(.noble, ["architecture": "amd64"])
        scene.docker.state.architecture = "arm64"
        _ = try create(foreign, ["architecture": "aarch64"])
    }

    @Test("where the configuration allows it, that is a warning")
    func emulated() throws {
        scene.runner.configuration["stemcells"] = ["allow_emulation": true]
        var foreign = Tree.noble
        foreign.machine = 183
        _ = try create(foreign, ["architecture": "arm64"])
        let warning = "is for aarch64, as its /bin/sh says, and the Docker daemon runs on x86_64"
        #expect(scene.runner.log.text.contains(warning))
    }

    @Test("a light one as well: by its image's own word, and its tags become labels")
    func light() throws {
        let scene = try LightStemcellTests.scene()
        scene.docker.state.registry[LightStemcellTests.reference]?.links = [
            "/sbin/init": "/lib/systemd/systemd"
        ]
        let arguments = LightStemcellTests.arguments(scene) + [["tags": ["team": "a"]]]
        let cid = try scene.runner.call("create_stemcell", arguments, version: 3).string ?? ""
        let labels = scene.docker.state.image(cid)?.labels
        #expect(labels?["io.bosh.stemcell.init"] == "systemd")
        #expect(labels?["io.bosh.tag.team"] == "a")
        scene.docker.state.images.removeAll { $0.id == LightStemcellTests.id }
        scene.docker.state.registry[LightStemcellTests.reference]?.architecture = "arm64"
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_stemcell", LightStemcellTests.arguments(scene))
        }
        let message = failure?.message ?? ""
        #expect(message.contains("aarch64") && message.contains("x86_64"), "\(message)")
        #expect(scene.docker.state.containers.isEmpty)
    }

    @Test(
        "an ELF header tells its machine; what is none tells nothing",
        arguments: [
            ([0x7f, 0x45, 0x4c, 0x46, 2, 1], 62, "x86_64"),
            ([0x7f, 0x45, 0x4c, 0x46, 2, 2], 22, "s390x"),
            ([0x7f, 0x45, 0x4c, 0x46, 1, 1], 3, ""), ([0x23, 0x21, 0, 0, 2, 1], 62, ""),
        ] as [([UInt8], UInt8, String)])
    func elf(head: [UInt8], machine: UInt8, name: String) {
        let isLittle = head[5] == 1
        let bytes =
            head + [UInt8](repeating: 0, count: 12) + (isLittle ? [machine, 0] : [0, machine])
        #expect(Architecture(elf: bytes)?.description ?? "" == name)
        #expect(Architecture(elf: Array(bytes.dropLast())) == nil)
    }
}
