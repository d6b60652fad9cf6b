import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("HostConfig fields are known by their names in any spelling, as Docker knows them")
struct HostConfigNamesTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    private func failure(_ properties: JSON) -> String {
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(properties: properties)
        }
        return failure?.message ?? ""
    }

    @Test("mounts as bosh-deployment writes them reach the VM")
    func mounts() throws {
        try scene.makeVM(
            properties: [
                "mounts": [
                    [
                        "type": "bind", "source": "unix:///run/docker.sock",
                        "target": "/docker/docker.sock",
                    ]
                ], "privileged": false, "CPUSETCPUS": "0",
            ])
        let host = try #require(scene.container?.hostConfig)
        #expect(
            host["Mounts"] == [
                ["Type": "bind", "Source": "/run/docker.sock", "Target": "/docker/docker.sock"]
            ])
        #expect(host["Privileged"] == false && host["CpusetCpus"] == "0")
        #expect(!scene.runner.log.text.contains("ignored"))
    }

    @Test("the directory of a persistent disk is the disk", arguments: ["Binds", "mounts"])
    func directory(key: String) throws {
        try scene.makeDisk()
        let path = "/var/lib/docker/volumes/\(scene.disk)/_data/sub"
        let value: JSON =
            key == "Binds"
            ? [.string("\(path):/x")] : [["type": "bind", "source": .string(path), "target": "/x"]]
        #expect(failure([key: value]).contains("names the persistent disk \(scene.disk)"))
    }

    @Test(
        "what is refused is refused in every spelling",
        arguments: [
            (["autoremove": true], "AutoRemove is not allowed"),
            (["AUTOREMOVE": true], "AutoRemove is not allowed"),
            (["networkMode": "host"], "NetworkMode is not allowed"),
            (["binds": ["/x:/var/vcap/data"]], "cloud_properties.Binds[0]"),
            (["mounts": [["TARGET": "/var/vcap/store"]]], "cloud_properties.Mounts[0]"),
            (["mounts": [], "Mounts": []], "cloud_properties has Mounts in two spellings"),
            (
                ["Mounts": [["Target": "/a", "target": "/b"]]],
                "cloud_properties.Mounts[0] has Target in two spellings"
            ),
            // As the Go CPI takes them.
            (["memory": 1_073_741_824], "cloud_properties.memory is 1073741824: it is in MiB"),
        ] as [(JSON, String)])
    func refused(_ properties: JSON, _ words: String) {
        #expect(failure(properties).contains(words), "\(failure(properties))")
    }

    @Test(
        "a name that Docker would take apart as a path is refused, and named",
        arguments: [
            ["Binds": ["./data:/data"]], ["volumes": ["..:/x"]], ["VolumesFrom": [":ro"]],
            ["VolumesFrom": ["../volumes/x"]],
            ["Mounts": [["Type": "volume", "Source": "./x", "Target": "/x"]]],
        ] as [JSON])
    func noName(properties: JSON) throws {
        let scene = try Scene()
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(properties: properties)
        }
        let key = properties.object?.keys.first ?? ""
        #expect(failure?.message.contains("cloud_properties.\(key)[0]: ") == true, "\(failure)")
        #expect(failure?.message.contains("is no name that Docker accepts") == true)
        #expect(scene.docker.state.containers.isEmpty)
    }
}
