import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Cgroups are used as the daemon has them")
struct CgroupControllerTests {
    let scene: Scene
    init() throws { scene = try Scene() }

    private static let lacking: [(key: String, value: JSON, controller: String)] = [
        ("MemoryLimit", false, "memory"), ("PidsLimit", false, "pids"),
        ("Warnings", ["WARNING: No io.weight support", "WARNING: No io.max (rbps) support"], "io"),
    ]

    private func create(_ properties: JSON) throws -> FakeDocker.State.Container {
        let answer = try scene.create(networks: Scene.dynamicNetwork, properties: properties)
        return try #require(scene.docker.state.container(answer.array?.first?.string ?? ""))
    }

    @Test(
        "a limit that cannot be enforced is an error, and nothing is made",
        arguments: [
            ("MemoryLimit", "memory", 512), ("MemoryLimit", "Memory", 1_000_000_000),
            ("PidsLimit", "pids_limit", 100), ("CpuCfsQuota", "cpus", 2),
            ("CpuCfsQuota", "CpuShares", 512), ("Warnings", "BlkioWeight", 500),
            ("CPUSet", "CpusetCpus", "0-1"), ("CPUSet", "CpusetMems", "0"),
        ] as [(String, String, JSON)])
    func refused(field: String, name: String, value: JSON) throws {
        lack(field)
        scene.docker.forget()
        let failure = #expect(throws: CallFailure.self) { try create([name: value]) }
        #expect(failure?.message.contains("cloud_properties.\(name) cannot be enforced") == true)
        #expect(scene.story() == "")
        scene.docker.state.cgroupVersion = "1"
        _ = try create([name: value])
    }

    @Test("a controller that nobody needs is missed in the log, and the VM is made")
    func warned() throws {
        for one in Self.lacking { scene.docker.state.info[one.key] = one.value }
        scene.docker.state.info["CPUSet"] = false
        _ = try create(["PidsLimit": -1, "Memory": 0, "cpus": 1, "CpusetCpus": ""])
        #expect(scene.runner.log.text.contains("no cgroup controller for memory, io, pids"))
        let missing = try scene.runner.operatorRecovery(journal: true).inspection
            .missingControllers()
        #expect(missing == [.memory, .io, .pids])
    }

    @Test("what the daemon says nothing of is there, and io.weight alone is not the controller")
    func unknown() throws {
        scene.docker.state.info["Warnings"] = ["WARNING: No io.weight support"]
        scene.docker.state.info["CpuCfsQuota"] = false
        scene.docker.state.info["CPUShares"] = true
        _ = try create(["memory": 512, "cpus": 1, "pids_limit": 9, "BlkioWeight": 500])
        #expect(!scene.runner.log.text.contains("controller"))
    }

    @Test("on version 2 systemd gets the host's cgroups when configured, on version 1 never")
    func bind() throws {
        for (version, mounts, isBound) in [
            ("2", true, true), ("2", false, false), ("1", true, false),
        ] {
            scene.docker.state.cgroupVersion = version
            scene.runner.configuration["mount_cgroupfs"] = .bool(mounts)
            let host = try create(["force_start_with_systemd": true]).hostConfig
            let binds = (host["Binds"].array ?? []).compactMap(\.string)
            #expect(binds.contains("/sys/fs/cgroup:/sys/fs/cgroup:rw") == isBound, "\(version)")
            #expect(host["CgroupnsMode"] == "host")
        }
    }

    private func lack(_ field: String) {
        let lacking = Self.lacking.first { $0.key == field }?.value ?? false
        scene.docker.state.info[field] = lacking
        if field == "CpuCfsQuota" { scene.docker.state.info["CPUShares"] = false }
    }
}
