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
