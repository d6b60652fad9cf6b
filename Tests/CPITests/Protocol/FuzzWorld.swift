import Engine
import Foundation

@testable import CPI
@testable import Support

/// A Docker with a VM and a disk, and a CPI of which something is broken in each case: what it reads from
/// stdin, its configuration, or what Docker answers.
struct FuzzWorld {
    private let scene: Scene
    private let time = VirtualTime()

    init() throws {
        scene = try Scene()
        scene.runner.configuration["timeouts"] = ["agent_ready": 2, "lock": 1]
        try scene.makeVM()
        try scene.makeDisk()
        scene.runner.configuration["attach"] = "auto"
    }

    /// The bytes on stdout.
    func answer(_ number: UInt64) throws -> [UInt8] {
        var dice = Dice(seed: number)
        var request = self.request(&dice).bytes
        var configuration = scene.runner.configuration.bytes
        var breaksAnswers = false
        switch dice.below(4) {
        case 0: request = dice.broken(request)
        case 1: configuration = dice.broken(configuration)
        default: breaksAnswers = true
        }
        let transport = breaksAnswers ? breaking(dice) : scene.docker.transport
        let service = Service(
            configuration: { try configured(configuration, context: $0) },
            wiring: Wiring(
                transport: transport, clock: time.clock, logger: scene.runner.logger,
                sleep: time.sleep, sharedLocks: scene.runner.locks.path))
        scene.docker.forget()
        let answer = service.answer(request)
        answer.replied(true)
        return answer.bytes
    }

    /// Its journal stays in the test's own directory, whatever has become of the path.
    private func configured(_ bytes: [UInt8], context: JSON) throws -> Configuration {
        var configuration = try Configuration(try JSON(parsing: bytes), context: context)
        configuration.journal.directory = scene.runner.directory.path
        return configuration
    }

    /// One answer in eight or so is broken; after many requests nothing answers any more, so that no wait
    /// for Docker lasts for ever.
    private func breaking(_ dice: Dice) -> Transport {
        let state = Breaking(dice: dice)
        return { request in
            state.count += 1
            guard state.count < 2_000 else {
                throw EngineError.unreachable(address: "fake", errno: 0, detail: "enough")
            }
            var response = try scene.docker.transport(request)
            guard state.dice.below(8) == 0 else { return response }
            state.dice.break(&response, of: request)
            return response
        }
    }

    private final class Breaking {
        var dice: Dice
        var count = 0
        init(dice: Dice) { self.dice = dice }
    }

    /// A request that makes sense.
    private func request(_ dice: inout Dice) -> JSON {
        let (vm, disk) = (JSON.string(scene.vm), JSON.string(scene.disk))
        let calls: [(String, [JSON])] = [
            ("info", []), ("has_vm", [vm]), ("has_disk", [disk]), ("get_disks", [vm]),
            ("create_vm", scene.arguments(agent: "agent-\(dice.below(3))")),
            ("create_vm", scene.arguments(disks: [scene.disk])),
            ("create_disk", [100, [:], vm]), ("attach_disk", [vm, disk]),
            ("detach_disk", [vm, disk]), ("reboot_vm", [vm]), ("delete_vm", [vm]),
            ("delete_disk", [disk]), ("set_vm_metadata", [vm, ["a": "b"]]),
            ("set_disk_metadata", [disk, ["a": "b"]]), ("resize_disk", [disk, 200]),
            ("snapshot_disk", [disk, [:]]), ("delete_snapshot", ["snapshot-1"]),
            ("calculate_vm_cloud_properties", [["ram": 1, "cpu": 1, "ephemeral_disk_size": 1]]),
            ("create_network", [["range": "10.77.0.0/24", "gateway": "10.77.0.1"]]),
            ("delete_network", ["net-b"]), ("delete_stemcell", [.string(scene.stemcell)]),
            ("update_disk", [disk, 300, [:]]),
            ("create_stemcell", ["/nowhere", ["name": "x", "version": "1"]]),
        ]
        let (method, arguments) = calls[dice.below(calls.count)]
        return [
            "method": .string(method), "arguments": .array(arguments), "api_version": 2,
            "context": [
                "director_uuid": "fuzz", "request_id": "cpi-1",
                "vm": ["stemcell": ["api_version": .integer(Int64(1 + dice.below(3)))]],
            ],
        ]
    }
}
