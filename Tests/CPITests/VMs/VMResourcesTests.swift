import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("Resources of a VM come from its cloud_properties")
struct VMResourcesTests {
    private func hostConfig(_ properties: JSON) throws -> [String: JSON] {
        let field = Field(name: "cloud_properties", value: properties)
        return try VMProperties(field).resources.hostConfig
    }

    @Test("each name is a field of Docker's HostConfig, in Docker's units")
    func names() throws {
        let found = try hostConfig([
            "memory": 64, "swap": 16, "cpus": .number(0.5), "cpu_shares": 512, "pids_limit": 100,
            "ulimits": ["nofile": 1024, "core": ["soft": 0, "hard": -1]],
            "devices": ["/dev/null", "/dev/fuse:/dev/other:r"], "shm_size": 8,
            "tmpfs": ["/scratch": "size=4m"], "sysctls": ["net.core.somaxconn": 256],
        ])
        #expect(
            found == [
                "Memory": 67_108_864, "MemorySwap": 83_886_080, "NanoCpus": 500_000_000,
                "CpuShares": 512, "PidsLimit": 100,
                "Ulimits": [
                    ["Name": "core", "Soft": 0, "Hard": -1],
                    ["Name": "nofile", "Soft": 1024, "Hard": 1024],
                ],
                "Devices": [
                    [
                        "PathOnHost": "/dev/null", "PathInContainer": "/dev/null",
                        "CgroupPermissions": "rwm",
                    ],
                    [
                        "PathOnHost": "/dev/fuse", "PathInContainer": "/dev/other",
                        "CgroupPermissions": "r",
                    ],
                ],
                "ShmSize": 8_388_608, "Tmpfs": ["/scratch": "size=4m"],
                "Sysctls": ["net.core.somaxconn": "256"],
            ])
        #expect(try hostConfig(["memory": 64, "swap": -1])["MemorySwap"] == -1)
        #expect(try hostConfig(["tmpfs": ["/a"]])["Tmpfs"] == ["/a": ""])
    }

    @Test("what the Go CPI takes for them in Docker's own form is passed on")
    func dockersForm() throws {
        let own: JSON = [
            "ulimits": [["Name": "nofile", "Soft": 1, "Hard": 2]],
            "devices": [["PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse"]],
        ]
        let found = try hostConfig(own)
        #expect(found == ["Ulimits": own["ulimits"], "Devices": own["devices"]])
    }

    static let wrong: [(JSON, String)] = [
        (["memory": "64"], "memory"), (["memory": 5], "memory"), (["swap": 16], "swap"),
        (["memory": -5], "between 6 and 6291455"),
        (["memory": 64, "swap": -2], "swap"), (["cpus": 0], "cpus"),
        (["cpu_shares": 1], "cpu_shares"), (["pids_limit": 0], "pids_limit"),
        (["ulimits": ["files": 1]], "ulimits.files"), (["ulimits": ["x"]], "ulimits[0]"),
        (["ulimits": ["nofile": "many"]], "ulimits.nofile"),
        (["ulimits": ["nofile": ["soft": 2, "hard": 1]]], "ulimits.nofile.soft"),
        (["ulimits": ["nofile": ["soft": 2]]], "ulimits.nofile.hard"),
        (["devices": "/dev/null"], "devices"), (["devices": ["null"]], "devices[0]"),
        (["devices": ["/dev/null", "/a:/b:rx"]], "devices[1]"), (["shm_size": 0], "shm_size"),
        (["tmpfs": ["scratch": ""]], "tmpfs"), (["tmpfs": ["/var/vcap/data": ""]], "tmpfs"),
        (["tmpfs": ["/scratch": 1]], "tmpfs./scratch"),
        (["Tmpfs": ["/var/vcap/bosh/": ""]], "Tmpfs./var/vcap/bosh/"),
        (["tMPFS": ["/var/vcap/data": ""]], "Tmpfs./var/vcap/data"),
        (["sysctls": ["net.core.somaxconn": true]], "sysctls.net.core.somaxconn"),
        (["volumes": "a:/b"], "volumes"), (["volumes": ["a:b"]], "volumes[0]"),
        (["volumes": ["a:/var/vcap/store"]], "volumes[0]"),
        (["memory": 64, "Memory": 1], "memory and Memory"),
    ]

    @Test("what is wrong is refused with the key's name, and nothing is made", arguments: wrong)
    func refused(_ properties: JSON, _ named: String) throws {
        let scene = try Scene()
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(properties: properties)
        }
        #expect(failure?.message.contains(named) == true, "\(failure?.message ?? "")")
        #expect(scene.docker.story.isEmpty)
    }

    @Test("a replacement carries all of it over, and what Docker cannot enforce is said each time")
    func replaced() throws {
        let scene = try Scene()
        scene.docker.state.warnings = ["Your kernel does not support swap limit capabilities"]
        try scene.makeVM(properties: [
            "memory": 64, "swap": 0, "cpu_shares": 512, "ulimits": ["nofile": 1024],
            "devices": ["/dev/null:/dev/other"], "shm_size": 8, "tmpfs": ["/scratch": "size=4m"],
            "sysctls": ["net.core.somaxconn": "256"],
            "volumes": ["shared:/shared:ro", "c-cache:/cache", "vol-cache:/more", "/own"],
            "force_lxcfs_enabled": true,
        ])
        let before = try #require(scene.container)
        let warned = { (operation: Operation) in
            try scene.runner.journal().events(of: operation.id).contains {
                "\($0)".contains("swap limit")
            }
        }
        #expect(try warned(try scene.runner.lastOperation()))
        try scene.makeDisk()
        _ = try scene.attach()
        let after = try #require(scene.container)
        #expect(after.id != before.id)
        for key in ["Memory", "MemorySwap", "CpuShares", "Ulimits", "Devices", "ShmSize", "Tmpfs"]
            + ["Sysctls", "Mounts"]
        {
            #expect(after.hostConfig[key] == before.hostConfig[key], "\(key)")
        }
        for mount in before.mounts { #expect(after.mounts.contains(mount)) }
        #expect(try warned(try scene.runner.lastOperation()))
        #expect(scene.runner.log.text.contains("warning: Your kernel does not support swap limit"))
    }

    @Test("more CPUs than the host has are all of them, which is said")
    func processors() throws {
        let scene = try Scene()
        scene.docker.state.info["NCPU"] = 2
        try scene.makeVM(properties: ["cpus": 4])
        #expect(scene.container?.hostConfig["NanoCpus"] == 2_000_000_000)
        #expect(scene.runner.log.text.contains("4.0 CPUs are asked for, and the Docker host has 2"))
        let other = try scene.create(
            agent: "b", networks: Scene.dynamicNetwork, properties: ["cpus": 2])
        let vm = scene.docker.state.container(other.array?.first?.string ?? "")
        #expect(vm?.hostConfig["NanoCpus"] == 2_000_000_000)
    }

    @Test("what a VM's type mounts where the CPI does so itself is mounted once")
    func places() throws {
        let scene = try Scene()
        let bind = "/sys/fs/cgroup:/sys/fs/cgroup:rw"
        try scene.makeVM(properties: [
            "volumes": [.string(bind), "/opt/modules:/usr/lib/modules:ro"],
            "Mounts": [["Type": "bind", "Source": "/tmp/mem", "Target": "/proc/meminfo"]],
            "force_start_with_systemd": true, "force_lxcfs_enabled": true,
        ])
        let host = try #require(scene.container?.hostConfig)
        let binds = (host["Binds"].array ?? []).compactMap(\.string)
        #expect(binds.filter { $0.contains("/sys/fs/cgroup") } == [bind])
        #expect(binds.filter { $0.contains("modules") } == ["/opt/modules:/usr/lib/modules:ro"])
        #expect(host["Mounts"].array?.count == 1)
        #expect(host["Mounts"].array?.first?["Source"] == "/tmp/mem")
    }

    @Test("lxcfs is for hosts that have it: else an error where a VM asks, a warning where all do")
    func lxcfs() throws {
        let scene = try Scene()
        scene.docker.state.missingPaths = ["/var/lib/lxcfs/proc/meminfo"]
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(properties: ["force_lxcfs_enabled": true])
        }
        #expect(failure?.message.contains("force_lxcfs_enabled") == true)
        #expect(scene.docker.state.containers.isEmpty && scene.docker.state.volumes.isEmpty)
        scene.runner.configuration["enable_lxcfs_support"] = true
        try scene.makeVM()
        #expect(scene.container?.mounts.contains { $0.destination == "/proc/meminfo" } == false)
        #expect(scene.runner.log.text.contains("enable_lxcfs_support is on"))
        scene.docker.state.missingPaths = []
        let other = try scene.create(agent: "b", networks: Scene.dynamicNetwork)
        let vm = scene.docker.state.container(other.array?.first?.string ?? "")
        #expect(vm?.mounts.contains { $0.destination == "/proc/meminfo" } == true)
    }
}
