import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Disks are volumes, and only delete_disk removes one")
struct DiskTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    private func failure(_ method: String, _ arguments: [JSON]) -> CallFailure? {
        #expect(throws: CallFailure.self) { try scene.runner.call(method, arguments) }
    }

    @Test("a disk that a killed call has made is named before anybody has settled that call")
    func killedCreation() throws {
        try scene.kill(.after(4)) {
            try $0.runner.call("create_disk", [16, [:], .null])
        }
        let made = scene.docker.state.volumeNames
        #expect(made.count == 1)
        #expect(try scene.runner.journal().open().map(\.state) == [.running])
        #expect(try scene.runner.orphans(journal: true).map(\.name) == made)
    }

    @Test("a deletion that failed is not finished by a call that is no delete_disk")
    func refusedDeletion() throws {
        try scene.makeVM()
        try scene.makeDisk()
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" ? .status(500, "boom") : nil
        }
        #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        scene.docker.onRequest = nil
        _ = try scene.attach()
        #expect(scene.isAttached && scene.docker.state.volumes[scene.disk] != nil)
        #expect(try scene.runner.journal().open().isEmpty)
        _ = try scene.detach()
        _ = try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.docker.state.volumes[scene.disk] == nil)
    }

    @Test("create_disk labels the volume with its name and size")
    func create() throws {
        let disk = try scene.makeDisk(["driver_opts": ["type": "tmpfs"]])
        let volume = try #require(scene.docker.state.volumes[disk])
        #expect(disk.hasPrefix("disk-"))
        #expect(volume.labels["io.bosh.disk"] == disk)
        #expect(volume.labels["io.bosh.disk.size_mib"] == "100")
        #expect(volume.labels["io.bosh.director"] == "director-1")
        #expect(volume.options == ["type": "tmpfs"])
        let filled: JSON = ["snapshot": "snapshot-1", "driver_opts": ["type": "tmpfs"]]
        let refused = failure("create_disk", [1, filled, .null])
        #expect(refused?.message.contains("snapshot cannot fill a tmpfs") == true)
        #expect(try scene.runner.call("has_disk", [.string(disk)]) == true)
    }

    @Test("create_disk takes a VM that is there, gone, null or empty as the hint that it is")
    func hint() throws {
        for vm: JSON in ["vm-absent", .null, ""] {
            _ = try scene.runner.call("create_disk", [1, .null, vm])
        }
        #expect(scene.docker.state.volumes.count == 3)
    }

    @Test(
        "create_disk refuses a size or driver that cannot be",
        arguments: [0, -1, "100", .null, .number(1.5)] as [JSON])
    func size(size: JSON) {
        #expect(failure("create_disk", [size, [:]])?.message.contains("size") == true)
        #expect(
            failure("create_disk", [1, ["driver": "absent"]])?.type == "Bosh::Clouds::CloudError")
        for driver in ["../x", "a b", "é", String(repeating: "x", count: 300)] {
            let words = "cloud_properties.driver is no name of a driver"
            #expect(
                failure("create_disk", [1, ["driver": .string(driver)]])?.message.contains(words)
                    == true)
        }
        #expect(scene.docker.state.volumes.isEmpty)
    }

    @Test(
        "a volume is taken for one that Docker has made for a container only where it is not older")
    func madeFor() {
        func volume(_ made: String, _ labels: JSON = .null) -> Volume {
            Volume(json: [
                "Name": "v", "Driver": "local", "CreatedAt": .string(made), "Labels": labels,
            ])
        }
        let container = Container(json: ["Created": "2026-11-30T10:00:00.900000000Z"])
        #expect(volume("2026-11-30T10:00:00Z").isMade(for: container), "Docker says whole seconds")
        #expect(volume("2026-11-30T11:00:01+01:00").isMade(for: container))
        #expect(!volume("2026-11-30T09:59:59Z").isMade(for: container))
        #expect(!volume("2026-11-30T10:00:01Z", ["a": "b"]).isMade(for: container))
    }

    @Test("a lost answer of create_disk is resolved by looking")
    func lost() throws {
        // What is lost is the refusal of a size.
        var lost = 0
        scene.docker.onRequest = { _, request in
            guard request.method == "POST", lost == 0 else { return nil }
            lost += 1
            return .lostReply
        }
        let disk = try scene.makeDisk()
        #expect(scene.docker.state.volumes[disk]?.options == [:])
        // Or that a disk with a limit was made.
        scene.docker.state.hasQuota = true
        scene.docker.onRequest = { _, request in request.method == "POST" ? .lostReply : nil }
        let limited = try scene.makeDisk()
        #expect(scene.docker.state.volumes[limited]?.options.keys.first == "size")
        #expect(scene.docker.state.volumes.count == 2)
    }

    @Test("delete_disk removes the volume; afterwards it is DiskNotFound")
    func delete() throws {
        let disk = try scene.makeDisk()
        #expect(try scene.runner.call("delete_disk", [.string(disk)]) == .null)
        #expect(scene.story() == "remove volume DISK")
        #expect(scene.docker.state.volumes.isEmpty)
        #expect(failure("delete_disk", [.string(disk)])?.type == "Bosh::Clouds::DiskNotFound")
    }

    @Test("delete_disk does not touch a stranger's volume")
    func stranger() throws {
        scene.docker.state.volumes["precious"] = .init(name: "precious")
        scene.docker.state.volumes["vm-1-ephemeral"] = .init(
            name: "vm-1-ephemeral", labels: ["io.bosh.vm": "vm-1"])
        for name in ["precious", "vm-1-ephemeral"] {
            #expect(failure("delete_disk", [.string(name)])?.type == "Bosh::Clouds::DiskNotFound")
        }
        #expect(scene.docker.state.volumes.count == 2)
    }

    @Test(
        "delete_disk refuses a disk that a VM has, running or not",
        arguments: ["running", "exited"])
    func held(status: String) throws {
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = status
        #expect(
            failure("delete_disk", [.string(scene.disk)])?.message
                == "cannot delete disk \(scene.disk): VM \(scene.vm) has it mounted; next: detach it "
                + "there, or delete that VM if nobody knows it (bosh delete-vm \(scene.vm))")
        #expect(scene.docker.state.volumes[scene.disk] != nil)
    }

    @Test("whoever else has a disk mounted is called a container, and no VM")
    func heldByStranger() throws {
        try scene.makeVM()
        try scene.makeDisk()
        let engine = scene.docker.engine
        let spec: JSON = [
            "Image": .string(scene.stemcell),
            "HostConfig": ["Binds": [.string("\(scene.disk):/data")]],
        ]
        _ = try engine.createContainer("backup", spec)
        let words = "container backup has it mounted; next: docker rm backup, if nobody needs it"
        #expect(
            failure("delete_disk", [.string(scene.disk)])?.message
                == "cannot delete disk \(scene.disk): \(words)")
        let attach: [JSON] = [.string(scene.vm), .string(scene.disk)]
        #expect(
            failure("attach_disk", attach)?.message
                == "cannot attach disk \(scene.disk) to VM \(scene.vm): \(words)")
    }

    @Test("metadata of a disk that is not there is an error")
    func metadata() throws {
        let disk = try scene.makeDisk()
        let metadata: JSON = ["deployment": "d", "index": 3]
        #expect(try scene.runner.call("set_disk_metadata", [.string(disk), metadata]) == .null)
        #expect(
            failure("set_disk_metadata", ["disk-absent", metadata])?.type
                == "Bosh::Clouds::DiskNotFound")
        #expect(try scene.runner.lastOperation().method == "set_disk_metadata")
        #expect(scene.story() == "")
    }

    @Test("a disk that Docker makes when its call has failed is named, and one that is used is not")
    func madeLate() throws {
        let scene = try Scene()
        scene.docker.state.hasQuota = true
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/volumes/create") ? .late : nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.makeDisk() }
        #expect(failure?.message.contains("Nothing was made") == true, "\(failure)")
        scene.docker.onRequest = nil
        try scene.docker.catchUp()
        let disk = try #require(scene.docker.state.volumeNames.first { $0.hasPrefix("disk-") })
        let named = try scene.runner.orphans(journal: true).first { $0.name == disk }
        #expect(named?.reason.contains("Docker has made it afterwards") == true)
        #expect(named?.removal == .data)
        try scene.makeVM()
        _ = try scene.runner.call("attach_disk", [.string(scene.vm), .string(disk)])
        #expect(try !scene.runner.orphans(journal: true).contains { $0.name == disk })
    }

    @Test(
        "a snapshot is put into no disk that is there, and a disk that was made from it is as asked for"
    )
    func snapshotInPlace() throws {
        let snapshot = "snapshot-1f0e9c1c-7a52-4a7e-9c0e-5d1f2b7a9e10"
        let arguments: [JSON] = [
            .string(try scene.makeDisk()), 2048, ["snapshot": .string(snapshot)],
        ]
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("update_disk", arguments)
        }
        #expect(failure?.type == "Bosh::Clouds::NotSupported", "\(failure)")
        scene.docker.state.volumes[scene.disk]?.labels[Label.copyOf] = snapshot
        #expect(try scene.runner.call("update_disk", arguments) == .null)
    }
}
