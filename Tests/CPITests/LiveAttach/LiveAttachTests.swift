import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("A disk comes and goes while the VM runs")
struct LiveAttachTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
    }

    private func use(_ change: (inout JSON) -> Void) { change(&scene.runner.configuration) }

    @Test("attach: pin, mount, start of the pin; nothing is stopped")
    func attach() throws {
        let before = try #require(scene.container)
        #expect(try scene.attach() == .string("/warden-cpi-dev/\(scene.disk)"))
        #expect(
            scene.story() == """
                create DISK.pin!404
                import docker_cpi/pin:1
                create DISK.pin
                exec in VM
                start DISK.pin
                """)
        #expect(scene.isAttachedLive)
        #expect(scene.container?.id == before.id)
        #expect(scene.container?.startedAt == before.startedAt)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(scene.disk)])
        #expect(scene.docker.settledInvariants() == [])
        #expect(try scene.runner.orphans().isEmpty)
        let pin = try #require(scene.docker.state.container("\(scene.disk).pin"))
        #expect(pin.restartPolicy == "always")
        #expect(pin.hostConfig["Privileged"].isNull)
        #expect(pin.mounts.map(\.isWritable) == [false])
    }

    @Test("detach: unmount, removal of the pin; nothing is stopped")
    func detach() throws {
        let before = try #require(scene.container)
        _ = try scene.attach()
        _ = scene.story()
        #expect(try scene.detach() == .null)
        #expect(
            scene.story() == """
                exec in VM
                remove DISK.pin
                """)
        #expect(!scene.isAttached)
        #expect(scene.container?.startedAt == before.startedAt)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [])
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a repeated attach makes a pin again that somebody has removed, and mounts again")
    func repair() throws {
        _ = try scene.attach()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].live = []
        let pin = try #require(scene.docker.state.index(ofContainer: "\(scene.disk).pin"))
        scene.docker.state.containers.remove(at: pin)
        #expect(try scene.runner.call("get_disks", [.string(scene.vm)]) == [.string(scene.disk)])
        _ = try scene.attach()
        #expect(scene.isAttachedLive)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test(
        "what says no is in the plan, and the container is replaced",
        arguments: [
            "restart", "privileged", "processes", "/dev", "options", "older", "device",
        ])
    func fallback(_ why: String) throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        let expected: String
        switch why {
        case "restart":
            use { $0["attach"] = "restart" }
            expected = "attach is set to restart"
        case "privileged":
            scene.docker.state.containers[index].hostConfig["Privileged"] = false
            expected = "the VM is not privileged"
        case "processes":
            scene.docker.state.containers[index].hostConfig["PidMode"] = "host"
            expected = "the VM sees the processes of the host"
        case "/dev":
            scene.docker.state.containers[index].mounts.append(
                .init(isVolume: false, source: "/dev", destination: "/dev"))
            let binds = scene.docker.state.containers[index].hostConfig["Binds"].array ?? []
            scene.docker.state.containers[index].hostConfig["Binds"] = .array(
                binds + ["/dev:/dev"])
            expected = "the VM has no /dev of its own"
        case "options":
            scene.docker.state.volumes[scene.disk]?.options = ["type": "nfs"]
            expected = "its volume has a driver or options of its own"
        case "older":
            scene.docker.state.containers[index].hasList = false
            scene.docker.state.containers[index].config["Cmd"] = ["exec /sbin/init"]
            expected = "the VM was made by another version, which cannot mount disks when it starts"
        default:
            scene.docker.state.containers[index].hasList = false
            scene.docker.whyNot = "its volumes are on overlay"
            expected = "the VM: its volumes are on overlay"
        }
        _ = try scene.attach()
        #expect(scene.isAttached && !scene.isAttachedLive)
        let plan = try #require(try scene.runner.lastOperation().plan(of: AttachDisk.self))
        guard case .remount(let remount) = plan else { return #expect(Bool(false), "\(plan)") }
        #expect(remount.why == expected)
        _ = try scene.detach()
        #expect(!scene.isAttached)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a disk that is in use stays where it is, and the error names who uses it")
    func busy() throws {
        _ = try scene.attach()
        scene.docker.diskUser = "process 7 (postgres)"
        let failure = #expect(throws: CallFailure.self) { _ = try scene.detach() }
        #expect(failure?.message.contains("process 7 (postgres)") == true)
        #expect(failure?.message.contains("everything is as it was before") == true)
        #expect(scene.isAttachedLive)
        #expect(scene.docker.settledInvariants() == [])
        scene.docker.diskUser = nil
        _ = try scene.detach()
        #expect(!scene.isAttached)
    }

    @Test("a VM that somebody stops before the unmounting is not called as it was before")
    func stoppedMeanwhile() throws {
        _ = try scene.attach()
        var stops = true
        scene.before({ stops && $0.path.hasSuffix("/exec") }) { [scene] in
            stops = false
            try scene.docker.engine.stopContainer(scene.vm, seconds: 0)
        }
        let failure = #expect(throws: CallFailure.self) { _ = try scene.detach() }
        let message = failure?.message ?? ""
        #expect(message.contains("Rolled back, but VM \(scene.vm) is not running"), "\(message)")
    }

    @Test("what cannot be mounted is taken back, and the error says why")
    func unmountable() throws {
        scene.docker.whyNot = "device 8:1 is gone"
        let failure = #expect(throws: CallFailure.self) { _ = try scene.attach() }
        #expect(failure?.message.contains("device 8:1 is gone") == true)
        #expect(failure?.message.contains("everything is as it was before") == true)
        #expect(scene.container?.liveDisks == [])
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("create_vm mounts nothing ahead that can be attached live")
    func ahead() throws {
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")],
            disks: [scene.disk])
        let vm = try #require(answer.array?.first?.string)
        #expect(
            scene.docker.state.container(vm)?.mounts.contains { $0.source == scene.disk } == false)
        try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.docker.state.volumes[scene.disk] == nil)
    }

    @Test("the VM mounts it again at each start, or does not start")
    func starts() throws {
        _ = try scene.attach()
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.isAttachedLive)
        try scene.stop()
        scene.docker.state.volumes[scene.disk] = nil
        _ = try? scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.container?.isRunning == false)
        #expect(scene.container?.exitCode == 78)
    }

    @Test("what an interrupted call has left is settled without a journal")
    func withoutJournal() throws {
        for moment in [2, 4, 5, 8, 10, 12].map(Scene.Moment.after) {
            let scene = try scene.copy()
            #expect(try scene.kill(moment) { try $0.attach() })
            try scene.loseJournal()
            scene.runner.time.sleep(601)
            let recovery = try scene.runner.operatorRecovery(journal: false)
            for one in try recovery.casesFromDocker(olderThan: 0).cases {
                _ = try recovery.settle(one)
            }
            #expect(scene.docker.settledInvariants() == [], "\(moment)")
        }
    }
}
