import Engine

@testable import CPI
@testable import Support

/// A VM's whole life and that of its disk, call by call, and what each call has asked of Docker.
struct Life {
    struct Call {
        let name: String
        /// "GET /volumes/x", each without its API version.
        let requests: [String]
        /// The bodies of Docker's answers.
        let bytes: Int
    }

    private let scene: Scene
    private(set) var calls: [Call] = []

    /// `crowd`: so many VMs of others, each with a volume and a disk, are on the same Docker.
    init(crowd: Int = 0) throws {
        scene = try Scene()
        scene.docker.state.addCrowd(crowd)
        try scene.makeVM()  // the network is there from now on
        let first = scene.vm
        try begin()
        try disks()
        try end()
        try call("delete_vm", [.string(first)], "of the last VM")
    }

    private mutating func begin() throws {
        try call("info", [])
        let image = try scene.runner.directory.write(
            "stemcell", Scene.stemcellFile)
        try call("create_stemcell", [.string(image), ["name": "another"]])
        let network: JSON = ["default": Scene.network("net-a", "10.1.0.6")]
        let made = try call("create_vm", scene.arguments(agent: "agent-2", networks: network))
        scene.vm = made.array?.first?.string ?? ""
        try call("has_vm", [.string(scene.vm)])
        try call("set_vm_metadata", [.string(scene.vm), ["job": "database"]])
        try call("reboot_vm", [.string(scene.vm)])
    }

    private mutating func disks() throws {
        scene.disk = try call("create_disk", [100, [:], .string(scene.vm)]).string ?? ""
        let both: [JSON] = [.string(scene.vm), .string(scene.disk)]
        try call("has_disk", [both[1]])
        scene.runner.configuration["attach"] = "auto"
        try call("attach_disk", both, "while the VM runs")
        try call("get_disks", [both[0]])
        try call("detach_disk", both, "while the VM runs")
        scene.runner.configuration["attach"] = "restart"
        try call("attach_disk", both, "by replacement")
        let snapshot = try call("snapshot_disk", [both[1], [:]])
        try call("detach_disk", both, "by replacement")
        try call("resize_disk", [both[1], 200])
        try call("delete_snapshot", [snapshot])
        try call("delete_disk", [both[1]])
    }

    private mutating func end() throws {
        try call("delete_vm", [.string(scene.vm)])
    }

    @discardableResult
    private mutating func call(_ method: String, _ arguments: [JSON], _ variant: String = "")
        throws -> JSON
    {
        scene.docker.forget()
        let answer = try scene.runner.call(method, arguments)
        calls.append(
            Call(
                name: [method, variant].filter { !$0.isEmpty }.joined(separator: " "),
                requests: scene.docker.requests, bytes: scene.docker.answered))
        return answer
    }
}

extension FakeDocker.State {
    /// VMs of another director, each with an ephemeral volume, a disk and the disk's pin.
    fileprivate mutating func addCrowd(_ count: Int) {
        for number in 0..<count {
            let vm = VMCID("vm-crowd-\(number)")
            let disk = DiskCID("disk-crowd-\(number)")
            volumes[vm.ephemeralVolume] = Volume(
                name: vm.ephemeralVolume, labels: [Label.vm: vm.description])
            volumes[disk.description] = Volume(
                name: disk.description, labels: [Label.disk: disk.description])
            addContainer(
                vm.description, [Label.vm: vm.description, Label.operation: "crowd\(number)"],
                [Mount(isVolume: true, source: vm.ephemeralVolume, destination: "/var/vcap/data")])
            addContainer(
                disk.pin, [Label.pinnedTo: vm.description, Label.disk: disk.description],
                [Mount(isVolume: true, source: disk.description, destination: "/disk")])
        }
    }

    private mutating func addContainer(
        _ name: String, _ labels: [String: String], _ mounts: [Mount]
    ) {
        containers.append(
            Container(
                id: newID(), name: name, imageID: images[0].id, config: ["Labels": JSON(labels)],
                hostConfig: [:], mounts: mounts, endpoints: [:], layer: [:]))
    }
}
