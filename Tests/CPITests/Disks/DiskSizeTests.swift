import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A disk's size is a label, or a limit where Docker can enforce it")
struct DiskSizeTests {
    let scene: Scene

    init() throws { scene = try Scene() }

    private func failure(_ method: String, _ arguments: [JSON]) -> CallFailure? {
        #expect(throws: CallFailure.self) { try scene.runner.call(method, arguments) }
    }

    @Test("growing is remembered, shrinking is NotSupported")
    func resize() throws {
        let disk = try scene.makeDisk()
        for size in [100, 300, 300] as [JSON] {
            #expect(try scene.runner.call("resize_disk", [.string(disk), size]) == .null)
        }
        #expect(failure("resize_disk", [.string(disk), 200])?.type == "Bosh::Clouds::NotSupported")
        #expect(try scene.runner.call("update_disk", [.string(disk), 400, [:]]) == .null)
        #expect(
            failure("update_disk", [.string(disk), 300, [:]])?.type == "Bosh::Clouds::NotSupported")
        #expect(failure("resize_disk", ["disk-absent", 200])?.type == "Bosh::Clouds::DiskNotFound")
        #expect(scene.story() == "")
    }

    @Test("a size that the driver enforces, another driver or other options are NotSupported")
    func enforced() throws {
        let disk = try scene.makeDisk(["driver_opts": ["o": "size=10m", "type": "tmpfs"]])
        #expect(failure("resize_disk", [.string(disk), 200])?.type == "Bosh::Clouds::NotSupported")
        let plain = try scene.makeDisk()
        for properties: JSON in [["driver": "nfs"], ["driver_opts": ["a": "b"]]] {
            #expect(
                failure("update_disk", [.string(plain), 200, properties])?.type
                    == "Bosh::Clouds::NotSupported")
        }
    }

    @Test("a key that is misspelt is told of, for what it should have said is missing")
    func unknownKeys() throws {
        try scene.makeDisk(["driver_optz": ["type": "nfs"], "snapshot": .null])
        #expect(
            scene.runner.log.text.contains(
                "cloud_properties that are not known here are ignored: driver_optz"))
    }

    @Test("where Docker has quotas the size is a limit, and growing is left to a copy")
    func quota() throws {
        scene.docker.state.hasQuota = true
        let disk = try scene.makeDisk()
        #expect(scene.docker.state.volumes[disk]?.options == ["size": "100M"])
        #expect(failure("resize_disk", [.string(disk), 200])?.type == "Bosh::Clouds::NotSupported")
        #expect(
            failure("update_disk", [.string(disk), 200, [:]])?.type == "Bosh::Clouds::NotSupported")
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        _ = try scene.attach()
        #expect(scene.isAttachedLive, "a quota is no reason to replace the VM")
        _ = try scene.runner.call("detach_disk", [.string(scene.vm), .string(disk)])
        scene.runner.configuration["disks"] = ["pin": "never"]
        _ = try scene.attach()
        let pin = scene.docker.state.containers.first { $0.name == disk + ".pin" }
        #expect(
            pin?.isRunning == true, "Docker sets the quota when a container with the volume starts")
        let own = try scene.makeDisk(["driver_opts": ["o": "size=10m", "type": "tmpfs"]])
        #expect(scene.docker.state.volumes[own]?.options == ["o": "size=10m", "type": "tmpfs"])
    }

    @Test("a volume that a full Docker leaves without labels goes, and what Docker said is told")
    func halfMade() throws {
        let scene = try Scene()
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/volumes/create"),
                case .bytes(let body, _) = request.body,
                let json = try? JSON(parsing: body), let name = json["Name"].string
            else { return nil }
            let isLimited = json["DriverOpts"].object?.isEmpty == false
            guard !isLimited else { return .status(400, "no quota support") }
            scene.docker.state.volumes[name] = .init(name: name)
            return .status(500, "no space left on device")
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_disk", [100, [:], .null])
        }
        #expect(
            failure?.message.contains("no space left on device") == true,
            "\(failure?.message ?? "")")
        #expect(scene.docker.state.volumeNames == [])
    }
}
