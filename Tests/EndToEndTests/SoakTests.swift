import Foundation
import Testing

@testable import Engine
@testable import Support

extension EndToEnd {
    /// Random calls and random kills against a model of what was acknowledged. `make soak SECONDS=60`;
    /// SOAK_SEED repeats a run's choices.
    @Suite("Nothing acknowledged is ever lost", .enabled(if: Soak.seconds > 0))
    struct SoakTests {
        @Test("Random calls, random kills")
        func soak() throws {
            let rig = try Rig.live()
            defer { rig.tearDown() }
            var soak = try Soak(rig: rig)
            let end = Date().addingTimeInterval(Double(Soak.seconds))
            print("soak: SOAK_SEED=\(soak.seed)")
            while Date() < end { try soak.step() }
            try soak.finish()
            print("soak: \(soak.calls) calls, \(soak.kills) killed")
        }
    }
}

/// What a director would know, and the dice.
private struct Soak {
    static let seconds =
        ProcessInfo.processInfo.environment["SOAK_SECONDS"].flatMap { Int($0) } ?? 0

    let rig: Rig
    let seed: UInt64
    private(set) var calls = 0
    private(set) var kills = 0
    private var dice: Dice
    /// Acknowledged VMs, with the disks that an acknowledged call attached.
    private var vms: [String: Set<String>] = [:]
    private var disks: Set<String> = []
    private let subnet: Int
    private let before: [String]
    private var host = 10

    init(rig: Rig) throws {
        self.rig = rig
        before = try rig.leftovers(["vm-", "disk-"])
        let given = ProcessInfo.processInfo.environment["SOAK_SEED"].flatMap { UInt64($0) }
        seed = given ?? UInt64.random(in: 1...999_999)
        dice = Dice(seed: seed)
        subnet = Rig.subnets.next()
    }

    /// One call, killed or not; afterwards the world is settled and compared with the model.
    mutating func step() throws {
        let vm = vms.keys.sorted().randomElement(using: &dice)
        let disk = disks.sorted().randomElement(using: &dice)
        switch (Int.random(in: 0..<10, using: &dice), vm, disk) {
        case (0...1, _, _) where vms.count < 3: try createVM()
        case (2, _, _) where disks.count < 4: try createDisk()
        case (3...5, let vm?, let disk?) where holder(disk) == nil || holder(disk) == vm:
            let answer = try call("attach_disk", [.string(vm), .string(disk)])
            if answer.result.string != nil { vms[vm]?.insert(disk) }
        case (6...7, let vm?, let disk?):
            let answer = try call("detach_disk", [.string(vm), .string(disk)])
            if !answer.wasKilled, answer.json["error"].isNull { vms[vm]?.remove(disk) }
        case (8, let vm?, _): _ = try call("reboot_vm", [.string(vm)])
        case (9, let vm?, _) where vms.count > 1:
            // Nobody asks for a VM again that it has asked to delete: repeated until it is done.
            vms[vm] = nil
            while try call("delete_vm", [.string(vm)]).wasKilled {}
        default: return
        }
        try compare()
    }

    mutating func finish() throws {
        for vm in vms.keys { try rig.result("delete_vm", [.string(vm)]) }
        for disk in disks { try rig.result("delete_disk", [.string(disk)]) }
        // What no answer told of, `orphans` must name.
        let named = try rig.admin("orphans").stdout
        let left = try rig.leftovers(["vm-", "disk-"]).filter { !before.contains($0) }
        for name in left where !name.hasSuffix("-ephemeral") && !name.contains(":") {
            #expect(named.contains(name), "SOAK_SEED=\(seed): \(name) is left and not named")
            if name.hasPrefix("vm-") { try rig.result("delete_vm", [.string(name)]) }
            if name.hasPrefix("disk-") { try rig.result("delete_disk", [.string(name)]) }
        }
        try? rig.engine.removeNetwork("cpi-e2e-\(subnet)")
    }

    private mutating func createVM() throws {
        host = host % 200 + 1
        let arguments = rig.vmArguments(rig.network(subnet, host + 10))
        if let vm = try call("create_vm", arguments).result.array?.first?.string {
            vms[vm] = []
            try rig.awaitAgent(vm)
            _ = try rig.shell(vm, "echo \(vm) >/etc/mine; echo \(vm) >/var/vcap/data/mine; sync")
        }
    }

    private mutating func createDisk() throws {
        if let disk = try call("create_disk", [16, [:], .null]).result.string {
            disks.insert(disk)
        }
    }

    /// Kills every second call after a random time; then half of the time recovery is run.
    private mutating func call(_ method: String, _ arguments: JSON) throws -> Answer {
        calls += 1
        let patience =
            Bool.random(using: &dice) ? UInt32.random(in: 5_000...900_000, using: &dice) : 0
        let recovers = Bool.random(using: &dice)
        let answer = try rig.send(Rig.request(method, arguments)) { process in
            guard patience > 0 else { return }
            Thread.detachNewThread {
                usleep(patience)
                kill(process, SIGKILL)
            }
        }
        if answer.wasKilled {
            kills += 1
            if recovers { _ = try rig.admin("recover", "--yes") }
        }
        return answer
    }

    private func holder(_ disk: String) -> String? { vms.first { $0.value.contains(disk) }?.key }

    /// Every acknowledged VM is there with its files, every acknowledged disk too; a disk that a
    /// killed detach may have taken out is out or in, but nowhere else.
    private mutating func compare() throws {
        for disk in disks {
            #expect(
                try rig.result("has_disk", [.string(disk)]) == true, "SOAK_SEED=\(seed): \(disk)")
        }
        for vm in vms.keys.sorted() {
            #expect(try rig.result("has_vm", [.string(vm)]) == true, "SOAK_SEED=\(seed): \(vm)")
            let settled = try rig.call("detach_disk", [.string(vm), "disk-none"])
            #expect(settled.json["error"].isNull, "SOAK_SEED=\(seed): \(settled.stdout)")
            if try !rig.engine.inspectContainer(vm).isRunning {
                try rig.result("reboot_vm", [.string(vm)])
            }
            let mine = try rig.shell(vm, "cat /etc/mine /var/vcap/data/mine")
            #expect(mine == "\(vm)\n\(vm)", "SOAK_SEED=\(seed)")
            let attached = Set(
                (try rig.result("get_disks", [.string(vm)]).array ?? []).compactMap(\.string))
            let acknowledged = vms[vm] ?? []
            #expect(attached.isSubset(of: disks), "SOAK_SEED=\(seed)")
            // A killed call leaves the state before or after it: the model takes over what is true.
            #expect(attached.symmetricDifference(acknowledged).count <= 1, "SOAK_SEED=\(seed)")
            vms[vm] = attached
        }
    }
}
