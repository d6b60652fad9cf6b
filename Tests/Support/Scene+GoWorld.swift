import Engine

@testable import CPI

/// What the Go CPI leaves to a CPI that comes after it, as contract §3 and §5 have it: no
/// labels anywhere, its names, its binds, its command line, and the disks in its agent's settings.
extension Scene {
    static let goStemcell = "bosh.io/stemcells:img-11111111-2222-4333-8444-555555555555"
    static let goVM = "c-11111111-2222-4333-8444-666666666666"
    static let goDisk = "vol-11111111-2222-4333-8444-777777777777"
    static let settings = "/var/vcap/bosh/warden-cpi-agent-env.json"

    /// A VM with files, and a disk. `isAttached`: the Go CPI has attached the disk, and the agent has it
    /// mounted. `isEarly`: it runs, and its settings have not come yet.
    static func goWorld(
        isAttached: Bool = false, isEarly: Bool = false, networks: [String] = ["net-a"],
        image: String = goStemcell, _ docker: FakeDocker = FakeDocker()
    ) throws -> Scene {
        let scene = try Scene(docker)
        (scene.vm, scene.disk, scene.stemcell) = (goVM, goDisk, image)
        try docker.apart {
            scene.makeGoImage(image)
            try scene.post("/volumes/create", ["Name": .string(goDisk)])
            docker.state.volumes[goDisk]?.files["/data"] = Array("precious".utf8)
            for (number, name) in networks.enumerated() {
                let subnet: JSON = ["Subnet": .string("10.\(number + 1).0.0/24")]
                try scene.post(
                    "/networks/create",
                    ["Name": .string(name), "IPAM": ["Config": .array([subnet])]])
            }
            try scene.makeGoContainer(isAttached: isAttached, networks, image)
            try scene.post("/containers/\(goVM)/start", [:])
        }
        if !isEarly { scene.put(goSettings(isAttached: isAttached).text, settings) }
        if isAttached { scene.put(goDisk, EntryScript.lastDisk) }
        scene.put("layer", layerFile)
        scene.put("ephemeral", ephemeralFile)
        docker.forget()
        return scene
    }

    private func makeGoImage(_ image: String) {
        guard var made = docker.state.images.last else { return }
        let isPulled = image.contains("@")
        made.labels = [:]
        made.tags = isPulled ? [] : [image]
        made.digests = isPulled ? [image] : []
        docker.state.images = [made]
    }

    private func makeGoContainer(isAttached: Bool, _ networks: [String], _ image: String) throws {
        var binds = ["vol-eph-\(Scene.goVM):/var/vcap/data/", "/lib/modules:/usr/lib/modules"]
        if isAttached { binds.append("\(Scene.goDisk):/warden-cpi-dev/\(Scene.goDisk)") }
        func endpoint(_ number: Int) -> JSON {
            ["IPAMConfig": ["IPv4Address": .string("10.\(number + 1).0.5")]]
        }
        let body: JSON = [
            "Image": .string(image), "Env": ["reschedule:on-node-failure"],
            "Cmd": [
                "bash", "-c",
                "umount /etc/resolv.conf && mkdir -p /var/vcap/data/sys && exec env -i /usr/sbin/runsvdir-start",
            ],
            "HostConfig": [
                "Privileged": true, "PublishAllPorts": true, "NetworkMode": "default",
                "Binds": JSON(binds),
            ],
            "NetworkingConfig": ["EndpointsConfig": [networks[0]: endpoint(0)]],
        ]
        try post("/containers/create", body, ["name": Scene.goVM])
        for (number, name) in networks.enumerated().dropFirst() {
            try post(
                "/networks/\(name)/connect",
                ["Container": .string(Scene.goVM), "EndpointConfig": endpoint(number)])
        }
    }

    /// The settings that the Go CPI writes. `persistent` is null until the first disk.
    static func goSettings(isAttached: Bool) -> JSON {
        [
            "agent_id": "agent-1", "vm": ["name": .string(goVM), "id": .string(goVM)],
            "mbus": "nats://nats:nats-secret@10.0.0.6:4222", "ntp": [],
            "networks": ["default": ["type": "manual", "ip": "10.1.0.5", "preconfigured": true]],
            "disks": [
                "system": "", "ephemeral": .null,
                "persistent": isAttached
                    ? [goDisk: .string("/warden-cpi-dev/\(goDisk)")] : .null,
            ],
            "env": ["bosh": ["password": .string(Scene.secret)]],
        ]
    }

    /// The disks in the agent's settings; nil when they cannot be read.
    var disksInSettings: [String]? {
        read(Scene.settings).flatMap { try? JSON(parsing: $0.utf8) }
            .map { ($0["disks"]["persistent"].object ?? [:]).keys.sorted() }
    }

    private func post(_ path: String, _ body: JSON, _ query: [String: String] = [:]) throws {
        var request = Request("POST", "/v1.41" + path)
        request.query = query.map { (name: $0.key, value: $0.value) }
        request.body = .bytes(body.bytes, type: "application/json")
        let response = try docker.transport(request)
        guard response.status < 300 else {
            throw CallFailure(
                type: path, message: String(decoding: response.body, as: UTF8.self),
                okToRetry: false)
        }
    }
}
