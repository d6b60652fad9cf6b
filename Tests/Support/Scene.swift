import Engine

/// A Docker with a stemcell, made by the CPI itself; and on wish a VM and a disk with files in them.
final class Scene {
    let runner: CallRunner
    var docker: FakeDocker { runner.docker }
    var stemcell = ""
    var vm = ""
    var disk = ""
    /// Another CPI with another journal, when there was need of one, and what it began with.
    var other: (runner: CallRunner, files: Files)?

    /// The files whose loss is a loss of somebody's data.
    static let layerFile = "/var/vcap/bosh/spec.json"
    static let ephemeralFile = "/var/vcap/data/jobs/log"
    static let secret = "marker-of-a-secret"

    /// The least that a root file system has.
    static let stemcellFile = FakeTar.archive([
        "etc/os-release": Array("ID=test".utf8), "bin/sh": [],
    ])

    init(_ docker: FakeDocker = FakeDocker()) throws {
        runner = try CallRunner(docker)
        let image = try runner.directory.write(
            "image", Scene.stemcellFile)
        stemcell =
            try runner.call("create_stemcell", [.string(image), ["name": "test"]]).string ?? ""
        docker.forget()
    }

    /// One with a VM and a disk that is attached to it.
    static func attached() throws -> Scene {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        scene.docker.forget()
        return scene
    }

    /// The same world at this moment, to go on apart from this one.
    func copy() throws -> Scene {
        let docker = FakeDocker()
        docker.state = self.docker.state
        docker.apiVersion = self.docker.apiVersion
        return Scene(
            runner: try CallRunner(docker, copying: runner), stemcell: stemcell, vm: vm, disk: disk)
    }

    private init(runner: CallRunner, stemcell: String, vm: String, disk: String) {
        self.runner = runner
        self.stemcell = stemcell
        self.vm = vm
        self.disk = disk
    }

    /// Sends create_vm without keeping the answer.
    func create(
        agent: String = "agent-1", networks: JSON = Scene.staticNetwork, disks: [String] = [],
        properties: JSON = [:], version: Int? = 2
    ) throws -> JSON {
        try runner.call(
            "create_vm",
            arguments(agent: agent, networks: networks, disks: disks, properties: properties),
            version: version)
    }

    func arguments(
        agent: String = "agent-1", networks: JSON = Scene.staticNetwork, disks: [String] = [],
        properties: JSON = [:]
    ) -> [JSON] {
        [
            .string(agent), .string(stemcell), properties, networks, JSON(disks),
            ["bosh": ["password": .string(Scene.secret)]],
        ]
    }

    /// A VM that has run for a while: it has files in its layer and on its ephemeral disk.
    @discardableResult
    func makeVM(
        networks: JSON = Scene.staticNetwork, disks: [String] = [], properties: JSON = [:]
    ) throws -> String {
        let answer = try create(networks: networks, disks: disks, properties: properties)
        vm = answer.array?.first?.string ?? ""
        put("layer", Scene.layerFile)
        put("ephemeral", Scene.ephemeralFile)
        docker.forget()
        return vm
    }

    /// A disk with a file on it.
    @discardableResult
    func makeDisk(_ properties: JSON = [:]) throws -> String {
        disk = try runner.call("create_disk", [100, properties, .null]).string ?? ""
        docker.state.volumes[disk]?.files["/data"] = Array("precious".utf8)
        docker.forget()
        return disk
    }

    func attach() throws -> JSON {
        try runner.call("attach_disk", [.string(vm), .string(disk)])
    }

    func detach() throws -> JSON {
        try runner.call("detach_disk", [.string(vm), .string(disk)])
    }

    var container: FakeDocker.State.Container? { docker.state.container(vm) }

    /// Writes a file inside the VM.
    func put(_ text: String, _ path: String) {
        guard let index = docker.state.index(ofContainer: vm) else { return }
        docker.write(Array(text.utf8), to: path, in: index)
    }

    /// Reads a file inside the VM.
    func read(_ path: String) -> String? {
        container.flatMap { docker.read(path, in: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Sees with Docker whether the disk is mounted in the VM.
    var isAttached: Bool {
        container?.mounts.contains {
            $0.isVolume && $0.source == disk && $0.destination == "/warden-cpi-dev/\(disk)"
                && $0.isWritable
        } ?? false || isAttachedLive
    }

    /// Sees in the VM whether the disk was mounted while it ran, or will be when it starts.
    var isAttachedLive: Bool {
        container.map {
            $0.liveDisks.contains(disk) && ($0.live.contains(disk) || !$0.isRunning)
        } ?? false
    }

    /// The changes in Docker since the last look, with VM and DISK for the CIDs.
    func story() -> String {
        var names = [stemcell: "STEMCELL"]
        if !vm.isEmpty { names[vm] = "VM" }
        if !disk.isEmpty { names[disk] = "DISK" }
        return runner.story(names)
    }

    static func network(_ name: String, _ ip: String, isDefault: Bool = true) -> JSON {
        [
            "type": "manual", "ip": .string(ip), "netmask": "255.255.255.0",
            "default": isDefault ? ["dns", "gateway"] : [],
            "cloud_properties": ["name": .string(name)],
        ]
    }

    static let staticNetwork: JSON = ["default": network("net-a", "10.1.0.5")]
    static let twoNetworks: JSON = [
        "one": network("net-a", "10.1.0.5"), "two": network("net-b", "10.2.0.5", isDefault: false),
    ]
    static let dynamicNetwork: JSON = [
        "default": ["type": "dynamic", "cloud_properties": ["name": "bridge"]]
    ]
}
