import Engine
import Testing

@testable import CPI
@testable import Support

/// The container that says who has a disk.
@Suite("A disk's pin")
struct PinTests {
    let scene: Scene

    init() throws { scene = try LiveAttachTests().scene }

    /// An attach_disk that was killed and rolled back: Docker makes its pin after that.
    private func attachWithLatePin() throws {
        scene.docker.onRequest = { [scene] _, request in
            request.query.contains { $0.value == scene.disk + ".pin" } ? .killLate : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        try scene.runner.recover()
        try scene.docker.catchUp()
    }

    @Test("a disk that another VM has is refused by its pin")
    func elsewhere() throws {
        _ = try scene.attach()
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first)
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("attach_disk", [other, .string(scene.disk)])
        }
        #expect(failure?.message.contains("VM \(scene.vm) has it") == true)
        #expect(scene.isAttachedLive)
    }

    @Test("one that Docker makes when its attach_disk was rolled back is no disk that the VM has")
    func late() throws {
        // The image of pins is there from now on.
        _ = try scene.attach()
        _ = try scene.detach()
        try attachWithLatePin()
        #expect(scene.docker.state.container(scene.disk + ".pin") != nil)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        let report = try #require(try inspection().disks(usage: false).first)
        #expect(report.holders == [])
        #expect(try inspection().stoppedPins().isEmpty)
        #expect(try scene.runner.orphans(journal: true).contains { $0.kind == .operation })
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        #expect(failure?.message.contains("as container \(scene.disk).pin says") == true)
        _ = try scene.attach()
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(scene.disk)])
    }

    private func inspection() throws -> Inspection {
        try scene.runner.operatorRecovery(journal: true).inspection
    }

    @Test("one that somebody has removed is named by doctor, until attach_disk makes it again")
    func missing() throws {
        _ = try scene.attach()
        #expect(try inspection().missingPins().isEmpty)
        let pin = try #require(scene.docker.state.index(ofContainer: "\(scene.disk).pin"))
        scene.docker.state.containers.remove(at: pin)
        let found = try inspection().missingPins()
        #expect(found.map(\.what) == ["disk \(scene.disk)"] && found.map(\.level) == [.warn])
        _ = try scene.attach()
        #expect(try inspection().missingPins().isEmpty)
        #expect(scene.docker.state.container("\(scene.disk).pin")?.isRunning == true)
    }

    @Test("a VM's page says of each disk how the VM has it, also where the pin was removed by hand")
    func page() throws {
        func disks() throws -> [VMReport.Disk] {
            let (inspection, vm) = (try inspection(), VMCID(scene.vm))
            return try inspection.disks(of: vm, inspection.container(ofVM: vm))
        }
        _ = try scene.attach()
        #expect(try disks().map(\.isOnList) == [true] && disks().map(\.pin) == ["running"])
        scene.docker.state.containers.removeAll { $0.name.hasSuffix(".pin") }
        #expect(try disks().map(\.isOnList) == [true] && disks().map(\.pin) == [nil])
        _ = try scene.detach()
        try attachWithLatePin()
        #expect(try disks().map(\.isOnList) == [false] && disks().map(\.path) == [nil])
        #expect(try disks().map(\.pin) == ["stopped"])
    }

    @Test("of two calls that give one disk to two VMs the one that pins it first has it")
    func race() throws {
        let scene = scene
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first?.string)
        let pin = FakeDocker.State.Container(
            id: String(repeating: "d", count: 64), name: "\(scene.disk).pin", imageID: "",
            config: [
                "Labels": [
                    Label.pinnedTo: .string(other), Label.disk: .string(scene.disk),
                ]
            ],
            hostConfig: [:], mounts: [], endpoints: [:], layer: [:])
        scene.docker.onRequest = { _, request in
            let isOurs = request.method == "POST" && request.query.contains { $0.value == pin.name }
            if isOurs, scene.docker.state.container(pin.name) == nil {
                scene.docker.state.containers.append(pin)
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("is attached to VM \(other)") == true)
        #expect(scene.docker.state.container(pin.name)?.id == pin.id)
        #expect(!scene.isAttachedLive)
    }

    @Test("the pin of a VM that is gone is in nobody's way, and orphans names it")
    func abandoned() throws {
        _ = try scene.attach()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers.remove(at: index)
        let orphans = try scene.runner.orphans(journal: true).map(\.command)
        #expect(orphans.contains("docker rm -f \(scene.disk).pin"))
        let old = scene.vm
        try scene.makeVM(networks: ["d": Scene.network("net-a", "10.1.0.6")])
        #expect(scene.vm != old)
        _ = try scene.attach()
        #expect(scene.isAttachedLive)
    }

    @Test("nor does it keep create_vm from mounting the disk ahead")
    func abandonedAhead() throws {
        _ = try scene.attach()
        scene.docker.state.containers.removeAll { $0.name == scene.vm }
        scene.runner.configuration["attach"] = "restart"
        let made = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")],
            disks: [scene.disk])
        let vm = try #require(made.array?.first?.string)
        let mounts = scene.docker.state.container(vm)?.mounts.map(\.source) ?? []
        #expect(mounts.contains(scene.disk), "\(mounts)")
    }

    @Test("the disk of a VM that has lost its pin is not deleted", arguments: [true, false])
    func deleteWithoutPin(journal: Bool) throws {
        _ = try scene.attach()
        let pin = try #require(scene.docker.state.index(ofContainer: "\(scene.disk).pin"))
        scene.docker.state.containers.remove(at: pin)
        if !journal { try scene.loseJournal() }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        #expect(failure?.message.contains("VM \(scene.vm) has it mounted") == true)
        #expect(scene.docker.state.volumes[scene.disk] != nil)
    }

    @Test(
        "a disk is not attached to a second VM because somebody has removed its pin",
        arguments: [true, false])
    func attachWithoutPin(journal: Bool) throws {
        _ = try scene.attach()
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let other = try #require(answer.array?.first)
        let pin = try #require(scene.docker.state.index(ofContainer: "\(scene.disk).pin"))
        scene.docker.state.containers.remove(at: pin)
        if !journal { try scene.loseJournal() }
        for way in ["auto", "restart"] {
            scene.runner.configuration["attach"] = .string(way)
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call("attach_disk", [other, .string(scene.disk)])
            }
            #expect(failure?.message.contains("VM \(scene.vm) has it mounted") == true)
        }
        _ = try scene.detach()
        try scene.runner.call("attach_disk", [other, .string(scene.disk)])
    }

    @Test("with always a disk has a container of its own from create_disk to delete_disk")
    func kept() throws {
        scene.runner.configuration["disks"] = ["pin": "always"]
        try scene.makeDisk()
        let keeper = "\(scene.disk).keep"
        #expect(scene.docker.state.container(keeper)?.isRunning == true)
        _ = try scene.attach()
        _ = try scene.detach()
        #expect(scene.docker.state.container(keeper)?.isRunning == true)
        #expect(scene.docker.state.container("\(scene.disk).pin") == nil)
        try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.docker.state.container(keeper) == nil)
        #expect(scene.docker.state.volumes[scene.disk] == nil)
    }
}
