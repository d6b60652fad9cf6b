import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("create_vm makes a VM whole, or nothing")
struct CreateVMTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    @Test("its steps end with the rename to the CID")
    func order() throws {
        try scene.makeVM()
        let other = try scene.create(
            agent: "agent-2", networks: ["default": Scene.network("net-c", "10.3.0.5")])
        let cid = try #require(other.array?.first?.string)
        #expect(
            scene.runner.story([cid: "VM"]) == """
                create network net-c
                create volume VM-ephemeral
                create VM.new
                put /var/vcap/bosh/bin/mount,/var/vcap/bosh/warden-cpi-agent-env.json into VM.new
                start VM.new
                rename VM.new to VM
                """)
        #expect(scene.docker.settledInvariants() == [])
        #expect(try scene.runner.journal().check() == [])
    }

    @Test("on Docker Desktop a VM is made, and a warning says who reaches it")
    func desktop() throws {
        #expect(try scene.runner.operatorRecovery(journal: false).inspection.daemonRemark() == nil)
        scene.docker.state.operatingSystem = "Docker Desktop"
        try scene.makeVM()
        #expect(scene.runner.log.text.contains("Docker Desktop"))
        let remark = try scene.runner.operatorRecovery(journal: true).inspection.daemonRemark()
        #expect(remark?.isWell == true)
    }

    @Test("the answer is the CID and the networks from API version 2 on, the CID alone before")
    func answers() throws {
        let second = try scene.create()
        #expect(second.array?.count == 2)
        #expect(second.array?.last == Scene.staticNetwork)
        let third = try scene.create(
            agent: "a3", networks: ["default": Scene.network("net-a", "10.1.0.7")], version: 3)
        #expect(third.array?.first?.string?.hasPrefix("vm-") == true)
        for version in [nil, 1] {
            let first = try scene.create(
                agent: "a-\(version ?? 0)", networks: Scene.dynamicNetwork, version: version)
            #expect(first.string?.hasPrefix("vm-") == true)
        }
    }

    @Test("address, MAC, labels, ephemeral volume and settings are as asked for")
    func shape() throws {
        try scene.makeVM(properties: [
            "memory": 512, "cpus": .number(1.5), "ports": ["80/tcp"], "ShmSize": 64,
        ])
        let container = try #require(scene.container)
        #expect(container.endpoints["net-a"]?.address == "10.1.0.5")
        #expect(container.endpoints["net-a"]?.pinnedMAC == "02:42:0a:01:00:05")
        #expect(container.labels["io.bosh.vm"] == scene.vm)
        #expect(container.labels["io.bosh.agent_id"] == "agent-1")
        #expect(container.labels["io.bosh.director"] == "director-1")
        // What an image hands down must not look like the container's own.
        #expect(container.labels["io.bosh.stemcell"] == "")
        #expect(container.labels["io.bosh.vm.stemcell"] == scene.stemcell)
        #expect(container.labels["io.bosh.replaces"] == "")
        #expect(container.hostConfig["Memory"] == .integer(512 << 20))
        #expect(container.hostConfig["NanoCpus"] == 1_500_000_000)
        #expect(container.hostConfig["ShmSize"] == 64)
        #expect(container.hostConfig["PortBindings"]["80/tcp"] == [["HostPort": ""]])
        #expect(
            container.mounts.contains {
                $0.source == scene.vm + "-ephemeral" && $0.destination == "/var/vcap/data"
            })
        let settings = try #require(scene.read("/var/vcap/bosh/warden-cpi-agent-env.json"))
        let json = try JSON(parsing: settings.utf8)
        #expect(json["agent_id"] == "agent-1")
        #expect(json["vm"]["name"] == .string(scene.vm))
        #expect(json["env"]["bosh"]["password"] == .string(Scene.secret))
        #expect(json["networks"]["default"]["preconfigured"] == true)
        #expect(json["disks"]["persistent"] == [:])
    }

    @Test(
        "two networks are both there, the default one first, with any Engine",
        arguments: ["1.41", "1.45"])
    func networks(version: String) throws {
        scene.docker.apiVersion = version
        try scene.makeVM(networks: Scene.twoNetworks)
        let container = try #require(scene.container)
        #expect(
            container.endpoints.mapValues(\.address) == ["net-a": "10.1.0.5", "net-b": "10.2.0.5"])
        #expect(container.hostConfig["NetworkMode"] == "net-a")
        #expect(container.endpoints["net-a"]?.mac == "02:42:0a:01:00:05")
    }

    @Test("disks that nobody has are mounted from the start, and attach_disk then restarts nothing")
    func disksAhead() throws {
        let disk = try scene.makeDisk()
        try scene.makeVM(disks: [disk])
        #expect(scene.isAttached)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        _ = scene.story()
        _ = try scene.attach()
        #expect(scene.story() == "")
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(disk)])
    }

    @Test("a disk that another VM has is left to it")
    func disksHeld() throws {
        let disk = try scene.makeDisk()
        try scene.makeVM(disks: [disk])
        let answer = try scene.create(
            agent: "agent-2", networks: ["default": Scene.network("net-a", "10.1.0.6")],
            disks: [disk])
        let other = try #require(answer.array?.first?.string)
        #expect(scene.docker.state.container(other)?.mounts.contains { $0.source == disk } == false)
        #expect(scene.docker.invariants() == [])
    }

    @Test("a disk that does not exist is a warning, and no volume of its name is made")
    func diskMissing() throws {
        try scene.makeVM(disks: ["disk-absent"])
        #expect(scene.docker.state.volumes["disk-absent"] == nil)
        #expect(scene.runner.log.text.contains("disk disk-absent does not exist"))
    }

    @Test(
        "another call's container that goes while it looks for interrupted calls is in nobody's way"
    )
    func otherGoes() throws {
        let other = try scene.create(agent: "agent-2", networks: Scene.dynamicNetwork)
        let cid = try #require(other.array?.first?.string)
        let index = try #require(scene.docker.state.index(ofContainer: cid))
        scene.docker.state.containers[index].name = cid + ".new"
        let id = scene.docker.state.containers[index].id
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/containers/\(id)/json") else { return nil }
            scene.docker.state.containers.removeAll { $0.id == id }
            return nil
        }
        _ = try scene.create()
        #expect(scene.docker.state.container(cid + ".new") == nil)
    }
}
