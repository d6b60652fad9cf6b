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
        "what belongs to disks, snapshots and other VMs is mounted in no way",
        arguments: [
            ["volumes": ["/data/volumes/DISK/./_data:/x"]],
            ["volumes": ["/data/volumes/DISK/no/../_data:/x"]],
            ["volumes": ["/data/volumes/DISK:/x"]],
            ["Mounts": [["Type": "bind", "Source": "/data/volumes/./DISK/_data", "Target": "/x"]]],
            [
                "Mounts": [
                    [
                        "Type": "volume", "Target": "/x", "Source": "own",
                        "VolumeOptions": [
                            "DriverConfig": ["Options": ["device": "/data/volumes/DISK/_data"]]
                        ],
                    ]
                ]
            ],
            ["volumes": ["vm-11111111-2222-4333-8444-555555550001.op:/x"]],
            ["volumes": ["snapshot-11111111-2222-4333-8444-555555550001.whole:/x"]],
            ["volumes": ["vol-11111111-2222-4333-8444-555555550001:/x"]],
            ["VolumesFrom": ["other"]],
        ] as [JSON])
    func foreign(properties: JSON) throws {
        let scene = try Scene()
        try scene.makeDisk()
        let text = properties.text.replacing("DISK", with: scene.disk)
        scene.docker.state.addContainer(
            "other",
            mounts: [.init(isVolume: false, source: "/srv", destination: "/var/vcap/bosh")])
        let failure = #expect(throws: CallFailure.self) {
            try scene.create(properties: JSON(parsing: text.utf8))
        }
        let key = properties.object?.keys.first ?? ""
        #expect(failure?.message.contains("cloud_properties.\(key)[0]") == true, "\(failure)")
        #expect(scene.docker.state.containers.count == 1)
    }

    @Test("a volume of a server's is mounted by its device")
    func device() throws {
        let options: JSON = ["type": "nfs", "o": "addr=10.0.0.9", "device": ":/exports/a"]
        try scene.makeVM(properties: [
            "Mounts": [
                [
                    "Type": "volume", "Source": "nfs-a", "Target": "/x",
                    "VolumeOptions": ["DriverConfig": ["Name": "local", "Options": options]],
                ]
            ]
        ])
        #expect(scene.container?.isRunning == true)
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
