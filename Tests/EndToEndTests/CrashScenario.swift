import Foundation
import Testing

@testable import Engine

/// A world to break, the call that is to break, and what must be true whatever happened.
struct CrashScenario: Sendable, CustomTestStringConvertible {
    let method: String
    /// Disks come and go while the VM runs.
    var isLive = false
    /// The VM is the Go CPI's.
    var isGo = false
    /// The stemcell is pulled from a registry.
    var isLight = false
    /// Makes the world; returns the call's arguments.
    let prepare: @Sendable (CrashWorld) throws -> JSON
    /// What the world must look like once the call, repeated if need be, has succeeded.
    let check: @Sendable (CrashWorld, JSON) throws -> Void

    /// What CRASH_CASE and the table call it.
    var name: String { (isLive ? "live_" : isGo ? "go_" : isLight ? "light_" : "") + method }
    var testDescription: String { name }

    static let all = restarting + disks + live + networks + snapshots + go + [light]

    private static let restarting: [CrashScenario] =
        [
            CrashScenario(
                method: "create_vm",
                prepare: { world in world.rig.vmArguments(world.network) },
                check: { world, result in
                    let vm = try #require(result.array?.first?.string)
                    try world.checkRuns(vm)
                    try world.rig.result("delete_vm", [.string(vm)])
                }),
            CrashScenario(
                method: "delete_vm",
                prepare: { world in [.string(try world.vmWithDisk(attached: true))] },
                check: { world, _ in
                    let left = try world.rig.leftovers([world.vm])
                    world.expect(left == [], "left of the VM: \(left)")
                    let volume = try world.rig.engine.volume(world.disk)
                    world.expect(volume != nil, "the disk is lost")
                }),
            CrashScenario(
                method: "reboot_vm",
                prepare: { world in [.string(try world.vmWithDisk(attached: true))] },
                check: { world, _ in try world.checkVM(attached: true) }),
            CrashScenario(
                method: "attach_disk",
                prepare: { world in
                    [.string(try world.vmWithDisk(attached: false)), .string(world.disk)]
                },
                check: { world, result in
                    world.expect(
                        result.string == "/warden-cpi-dev/\(world.disk)", "the hint is \(result)")
                    try world.checkVM(attached: true)
                }),
            CrashScenario(
                method: "detach_disk",
                prepare: { world in
                    [.string(try world.vmWithDisk(attached: true)), .string(world.disk)]
                },
                check: { world, _ in try world.checkVM(attached: false) }),
            CrashScenario(
                method: "create_disk",
                prepare: { _ in [16, [:], .null] },
                check: { world, result in
                    let disk = try #require(result.string)
                    try world.rig.result("delete_disk", [.string(disk)])
                }),
            CrashScenario(
                method: "delete_disk",
                prepare: { world in [.string(try world.rig.makeDisk())] },
                check: { _, _ in }),
            CrashScenario(
                method: "create_stemcell",
                prepare: { _ in [.string(StemcellTrait.image), ["name": "crash"]] },
                check: { world, result in
                    let cid = try #require(result.string)
                    try world.rig.result("delete_stemcell", [.string(cid)])
                }),
            CrashScenario(
                method: "delete_stemcell",
                prepare: { world in
                    [
                        try world.rig.result(
                            "create_stemcell", [.string(StemcellTrait.image), ["name": "crash"]])
                    ]
                },
                check: { _, _ in }),
            CrashScenario(
                method: "set_vm_metadata",
                prepare: { world in [.string(try world.vmWithDisk(attached: true)), ["job": "x"]] },
                check: { world, _ in try world.checkVM(attached: true) }),
        ]

    /// Those in which nothing may be restarted, as far as nobody was killed.
    private static let live = ["attach_disk", "detach_disk", "delete_vm"].map { method in
        let wanted = all(method)
        return CrashScenario(
            method: method, isLive: true, prepare: wanted.prepare, check: wanted.check)
    }

    /// One with a name of its own is taken over by the repeated call.
    private static let networks = [
        CrashScenario(
            method: "create_network",
            prepare: { world in [try world.networkDefinition()] },
            check: { world, result in
                let cid = try #require(result.array?.first?.string)
                try world.rig.result("delete_network", [.string(cid)])
            }),
        CrashScenario(
            method: "delete_network",
            prepare: { world in
                let answer = try world.rig.result(
                    "create_network", [try world.networkDefinition()])
                return [try #require(answer.array?.first)]
            },
            check: { world, _ in
                let isThere = try world.rig.engine.network(world.managed) != nil
                world.expect(!isThere, "the network is still there")
            }),
    ]

    /// What is pulled goes with the stemcell that it was pulled for.
    private static let light = CrashScenario(
        method: "create_stemcell", isLight: true,
        prepare: { try $0.lightStemcell() },
        check: { world, result in
            try world.rig.result("delete_stemcell", [result])
            try world.deleteUnanswered()
            // A pull that was killed, and the journal lost too: no name of ours tells of the image.
            guard !world.hasLostJournal else { return }
            let left = try LightRig(rig: world.rig).names().filter { !world.names.contains($0) }
            world.expect(left == [], "left of the pull: \(left)")
        })

    /// What the Go CPI left goes on, or goes.
    private static let go = ["attach_disk", "detach_disk", "delete_vm"].map { method in
        CrashScenario(
            method: method, isGo: true,
            prepare: { world in
                let vm = try world.goVMWithDisk(attached: method != "attach_disk")
                return method == "delete_vm"
                    ? [.string(vm)] : [.string(vm), .string(world.disk)]
            },
            check: { world, result in
                guard method == "delete_vm" else {
                    return try world.checkVM(attached: method == "attach_disk")
                }
                try all(method).check(world, result)
                let left = try world.rig.leftovers(["vol-eph-\(world.vm)"])
                world.expect(left == [], "left of the VM: \(left)")
            })
    }

    private static func all(_ method: String) -> CrashScenario {
        restarting.first { $0.method == method } ?? restarting[0]
    }

    /// Those that change nothing in Docker: the disk is there, and is what it was.
    private static let disks = [
        ("set_disk_metadata", [["job": "x"]]), ("resize_disk", [128]), ("update_disk", [128, [:]]),
    ].map { (method: String, rest: [JSON]) in
        CrashScenario(
            method: method,
            prepare: { world in .array([.string(try world.loneDisk())] + rest) },
            check: { world, _ in
                let isThere = try world.rig.result("has_disk", [.string(world.disk)])
                world.expect(isThere == true, "the disk is lost")
            })
    }
}

/// One VM with files everywhere, and one disk with files of its own.
final class CrashWorld {
    let rig: Rig
    let network: JSON
    private(set) var vm = ""
    private(set) var disk = ""
    private(set) var problems: [String] = []
    private var before: Container?

    init(_ rig: Rig) {
        self.rig = rig
        network = rig.network()
    }

    /// All names of images before a light stemcell was made.
    private(set) var names: [String] = []
    var hasLostJournal = false

    /// create_stemcell's arguments, for an image in a registry of its own.
    func lightStemcell() throws -> JSON {
        let light = LightRig(rig: rig)
        let address = "127.0.0.1:\(10_000 + Rig.subnets.next())"
        try light.registry(address)
        let image = try light.push(address)
        names = try light.names()
        return try light.arguments([
            "name": "light", "version": "1", "image_reference": .string(image.reference),
            "digest": .string(image.digest),
        ])
    }

    /// A stemcell that was whole when its call was killed is for a person, and goes with what it stands on.
    func deleteUnanswered() throws {
        let listed = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
        for orphan in listed["orphans"].array ?? [] where orphan["kind"].string == "image" {
            try rig.result("delete_stemcell", [orphan["name"]])
        }
    }

    /// The name of the network that create_network is to make.
    var managed: String { (network["cloud_properties"]["name"].string ?? "") + "-managed" }

    /// create_network's argument.
    func networkDefinition() throws -> JSON {
        let address = network["gateway"].string ?? ""
        rig.later(.networks) { [engine = rig.engine, managed] in
            try? engine.removeNetwork(managed)
        }
        return [
            "type": "manual", "gateway": .string(address), "netmask_bits": 24,
            "cloud_properties": ["name": .string(managed)],
        ]
    }

    func loneDisk() throws -> String {
        disk = try rig.makeDisk()
        return disk
    }

    func goVMWithDisk(attached: Bool) throws -> String {
        let world = try GoWorld(rig, attached: attached)
        (vm, disk, group) = (world.vm, world.disk, "go-world")
        try fill(attached: attached)
        return vm
    }

    func vmWithDisk(attached: Bool) throws -> String {
        vm = try rig.makeVM(network, env: ["bosh": ["group": "crash"]])
        disk = try rig.makeDisk()
        try rig.awaitAgent(vm)
        if attached { try rig.result("attach_disk", [.string(vm), .string(disk)]) }
        try fill(attached: attached)
        return vm
    }

    private func fill(attached: Bool) throws {
        _ = try rig.shell(
            vm,
            "head -c 100000 /dev/urandom >/etc/root.bin; head -c 100000 /dev/urandom >/var/vcap/data/data.bin; sync"
        )
        sums = try rig.shell(vm, "cat /etc/root.bin /var/vcap/data/data.bin | sha256sum")
        if attached {
            try rig.awaitAgent(vm)
            _ = try rig.shell(
                vm, "head -c 100000 /dev/urandom >/warden-cpi-dev/\(disk)/disk.bin; sync")
            diskSum = try rig.shell(vm, "sha256sum </warden-cpi-dev/\(disk)/disk.bin")
        }
        before = try rig.engine.inspectContainer(vm)
    }

    private var sums = ""
    private var group = "crash"
    private var diskSum: String?

    func checkRuns(_ vm: String) throws {
        expect(try rig.engine.inspectContainer(vm).isRunning, "the VM does not run")
        try rig.awaitAgent(vm)
    }

    /// The invariants: the VM runs under its name with its files, address, MAC, labels and settings,
    /// the disk has its files, and nothing else is there.
    func checkVM(attached: Bool) throws {
        try checkRuns(vm)
        expect(
            try rig.shell(vm, "cat /etc/root.bin /var/vcap/data/data.bin | sha256sum") == sums,
            "files of the root layer or the ephemeral disk are not what they were")
        let container = try rig.engine.inspectContainer(vm)
        expect(address(container) == address(before), "another address: \(address(container))")
        // A VM of the Go CPI has no labels, and a replacement has an empty one then.
        let agents = [container, before].map { $0?.labels["io.bosh.agent_id"] ?? "" }
        expect(agents[0] == agents[1], "the labels are lost")
        let settings = try rig.shell(vm, "cat /var/vcap/bosh/warden-cpi-agent-env.json")
        expect(settings.contains("\"\(group)\""), "the agent's settings are lost")
        let mounted = try rig.result("get_disks", [.string(vm)])
        expect(mounted == (attached ? [.string(disk)] : []), "get_disks says \(mounted)")
        if attached, let diskSum {
            expect(
                try rig.shell(vm, "sha256sum </warden-cpi-dev/\(disk)/disk.bin") == diskSum,
                "files of the persistent disk are not what they were")
        }
        let allowed = [vm, "\(vm)-ephemeral", container.image]
        let extra = try rig.leftovers([vm, disk]).filter {
            !allowed.contains($0) && $0 != disk && ($0 != "\(disk).pin" || !attached)
        }
        expect(extra == [], "left over: \(extra)")
    }

    func expect(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) {
        if !isTrue { problems.append(otherwise()) }
    }

    /// IP address and MAC. The Go CPI asks for no MAC: from 28 on Docker gives such a container another one
    /// at each start, a rollback's too.
    private func address(_ container: Container?) -> [String?] {
        let keys = group == "go-world" ? ["IPAddress"] : ["IPAddress", "MacAddress"]
        return (container?.endpoints.values.map { $0 } ?? []).flatMap { endpoint in
            keys.map { endpoint[$0].string }
        }
    }
}
