import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("Agents of stemcell API version 1 learn of their disks from their settings")
struct SettingsDisksTests {
    private func made(_ attach: String, version: Int64? = 1) throws -> Scene {
        let scene = try Scene()
        scene.runner.configuration["attach"] = .string(attach)
        scene.runner.stemcellAPIVersion = version
        try scene.makeVM()
        try scene.makeDisk()
        // The label says it from now on.
        scene.runner.stemcellAPIVersion = nil
        return scene
    }

    @Test(
        "the disk is in the settings while it is attached, with the VM running and by replacement",
        arguments: ["auto", "restart"], [1, nil] as [Int64?])
    func attachAndDetach(attach: String, version: Int64?) throws {
        let scene = try made(attach, version: version)
        let before = try scene.settings()
        #expect(before["disks"]["persistent"] == [:])
        _ = try scene.attach()
        var wanted = before
        wanted["disks"]["persistent"] = .object([
            scene.disk: .string("/warden-cpi-dev/\(scene.disk)")
        ])
        #expect(try scene.settings() == wanted)
        let first = scene.disk
        try scene.makeDisk()
        _ = try scene.attach()
        #expect(try scene.disksInSettings() == [first, scene.disk].sorted())
        _ = try scene.runner.call("detach_disk", [.string(scene.vm), .string(first)])
        #expect(try scene.disksInSettings() == [scene.disk])
        _ = try scene.detach()
        #expect(try scene.settings() == before)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("from version 2 on they stay as they are", arguments: ["auto", "restart"])
    func later(attach: String) throws {
        let scene = try made(attach, version: 2)
        let before = try scene.settings()
        _ = try scene.attach()
        #expect(try scene.settings() == before)
        #expect(scene.container?.labels["io.bosh.stemcell.api_version"] == "2")
    }

    @Test("a disk that create_vm has mounted ahead is told when it is attached")
    func mountedAhead() throws {
        let scene = try Scene()
        scene.runner.stemcellAPIVersion = 1
        try scene.makeDisk()
        try scene.makeVM(disks: [scene.disk])
        #expect(try scene.disksInSettings() == [])
        _ = scene.story()
        _ = try scene.attach()
        #expect(try scene.disksInSettings() == [scene.disk])
        #expect(!scene.story().contains("create"), "nothing is replaced")
    }

    @Test(
        "settings that cannot be read are an error before anything is done, and none of them is shown"
    )
    func unreadable() throws {
        let scene = try made("auto")
        scene.put("{\"password\": \"\(Scene.secret)", "/var/vcap/bosh/warden-cpi-agent-env.json")
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("are no JSON") == true)
        #expect(failure?.message.contains(Scene.secret) == false)
        #expect(scene.story() == "" && !scene.isAttached)
    }
}

extension Scene {
    func settings() throws -> JSON {
        try JSON(parsing: (read("/var/vcap/bosh/warden-cpi-agent-env.json") ?? "").utf8)
    }

    func disksInSettings() throws -> [String] {
        (try settings()["disks"]["persistent"].object ?? [:]).keys.sorted()
    }
}

extension CrashScenario {
    /// VMs of stemcell API version 1, while they run and by replacement.
    static let settings = [
        CrashScenario(
            method: "attach_disk", variant: "live, stemcell version 1",
            prepare: { try told("auto") }, arguments: { [.string($0.vm), .string($0.disk)] },
            check: { whole($0) + told($0, isAttached: true) }),
        CrashScenario(
            method: "detach_disk", variant: "stemcell version 1",
            prepare: {
                let scene = try told("restart")
                _ = try scene.attach()
                return scene
            },
            arguments: { [.string($0.vm), .string($0.disk)] },
            check: { whole($0) + told($0, isAttached: false) }),
    ]

    private static func told(_ attach: String) throws -> Scene {
        let scene = try Scene()
        scene.runner.stemcellAPIVersion = 1
        scene.runner.configuration["attach"] = .string(attach)
        try scene.makeVM()
        try scene.makeDisk()
        return scene
    }

    private static func told(_ scene: Scene, isAttached: Bool) -> [String] {
        let disks = (try? scene.disksInSettings()) ?? ["unreadable"]
        return (scene.isAttached == isAttached ? [] : ["the disk is elsewhere"])
            + (disks == (isAttached ? [scene.disk] : []) ? [] : ["the settings have \(disks)"])
    }
}
