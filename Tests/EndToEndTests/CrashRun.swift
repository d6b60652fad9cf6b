import Foundation
import Testing

@testable import Engine

/// The course of one case. What is wrong is kept in words.
struct CrashRun {
    let crash: CrashCase
    let rig: Rig
    let proxy: WireProxy
    let world: CrashWorld
    private(set) var first: Answer?
    private(set) var struck = false
    var problems: [String] = []

    init(crash: CrashCase, rig: Rig, proxy: WireProxy, world: CrashWorld) {
        self.crash = crash
        self.rig = rig
        self.proxy = proxy
        self.world = world
    }

    private var scenario: CrashScenario { crash.scenario }
    private let names = ["vm-", "disk-", "stemcell:", "c-", "vol-", "bosh.io/stemcells:"]

    mutating func carryOut() throws {
        let before = try rig.leftovers(names)
        let arguments = try scenario.prepare(world)
        switch crash.point {
        case .request(let number): proxy.arm(number, crash.fault)
        case .effect(let number): proxy.arm(effect: number, crash.fault)
        }
        let request = Rig.request(scenario.method, arguments)
        let first = try rig.through(proxy) { try rig.send(request, started: proxy.aim) }
        self.first = first
        struck = proxy.disarm()
        expect(
            !struck || !crash.fault.isKill || first.wasKilled,
            "the call was to be killed, and is not")

        try settle()
        let result = try repeated(arguments, first)
        try scenario.check(world, result)
        problems += world.problems
        rig.tearDownObjects()
        try removeOrphans()
        let left = try rig.leftovers(names).filter { !before.contains($0) }
        // Without a journal nobody can tell a whole VM, disk or stemcell that was made and not
        // answered from one that is in use: those, and only those, stay.
        let isMade = ["create_vm", "create_disk", "create_stemcell"].contains(scenario.method)
        expect(left == [] || (crash.way == .noJournal && isMade && isWhole(left)), "left: \(left)")
        try removeWhole(left)
    }

    /// Has the operation settled in the way that is tried; the next call does it itself.
    private mutating func settle() throws {
        switch crash.way {
        case .nextCall: break
        case .recover: try recover()
        case .recoverKilled:
            proxy.arm(place * 7 % 30 + 1, place % 2 == 0 ? .killBefore : .killAfter)
            _ = try rig.through(proxy) { try rig.admin(["recover", "--yes"], started: proxy.aim) }
            _ = proxy.disarm()
            try recover()
        case .noJournal:
            try FileManager.default.removeItem(atPath: rig.directory + "/journal")
            world.hasLostJournal = true
            try recover("--from-docker", "--older-than", "0")
        case .back, .forward:
            let open = try JSON(parsing: rig.admin("recover", "--json").stdout.utf8)
            guard let id = open["operations"].array?.first?["id"].string else { return }
            try recover(id, "--\(crash.way.rawValue)")
        }
    }

    private var place: Int {
        switch crash.point {
        case .request(let number), .effect(let number): number
        }
    }

    private mutating func recover(_ words: String...) throws {
        let recovered = try rig.admin(["recover"] + words + ["--yes"])
        // 3: something was made and nobody knows it. It is for a person, and blocks nothing.
        expect([0, 3].contains(recovered.exitCode), "recover: \(recovered)")
    }

    /// The same call again. Repeating what succeeded must be harmless; another VM or disk would be
    /// another one.
    private mutating func repeated(_ arguments: JSON, _ first: Answer) throws -> JSON {
        let makes =
            scenario.method.hasPrefix("create_")
            || ["delete_disk", "delete_network"].contains(scenario.method)
        if makes, !first.wasKilled, first.json["error"].isNull { return first.result }
        var second = try rig.call(scenario.method, arguments)
        if let holder = second.errorMessage.firstMatch(of: /held by (vm-[0-9a-f-]+)/)?.1 {
            // The first one was made and nobody got its CID: `orphans` names it, a person removes it.
            let named = try rig.admin("orphans").stdout
            expect(crash.way == .noJournal || named.contains(holder), "orphans: \(named)")
            _ = try rig.call("delete_vm", [.string(String(holder))])
            second = try rig.call(scenario.method, arguments)
        }
        let isGone = second.errorType?.hasSuffix("NotFound") == true
        expect(second.json["error"].isNull || isGone, "repeated: \(second.stdout)")
        return second.result
    }

    /// What `orphans` names is removed by the command that it gives.
    private func removeOrphans() throws {
        let listed = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
        for orphan in listed["orphans"].array ?? [] {
            let name = orphan["name"].string ?? ""
            switch orphan["kind"].string {
            case "container": _ = try rig.call("delete_vm", [.string(name)])
            case "volume": try rig.engine.removeVolume(name)
            case "image": try rig.engine.removeImage(name)
            case "network" where name.hasPrefix("cpi-e2e"): try rig.engine.removeNetwork(name)
            default: break
            }
        }
    }

    /// One finished thing: a VM with its ephemeral volume, a disk, or a stemcell.
    private func isWhole(_ names: [String]) -> Bool {
        !names.contains { $0.contains(".") }
            && names.filter { !$0.hasSuffix("-ephemeral") }.count == 1
    }

    private func removeWhole(_ names: [String]) throws {
        for name in names where !name.contains("-ephemeral") {
            let kind = ["vm", "disk", "stemcell"].first(where: name.hasPrefix) ?? ""
            _ = try rig.call("delete_\(kind)", [.string(name)])
        }
    }

    private mutating func expect(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) {
        if !isTrue { problems.append(otherwise()) }
    }
}
