import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

/// One guard each, of those that the matrices do not reach: somebody else has to be there at a moment
/// at which nothing is asked of Docker.
@Suite("What recovery must not do")
struct GuardTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    /// An attach_disk that dies right after its n-th request of this kind.
    private func killed(after request: String) throws {
        let whole = try scene.copy()
        _ = try whole.attach()
        let number = try #require(whole.docker.requests.firstIndex { $0.contains(request) })
        #expect(try scene.kill(.after(number + 1)) { try $0.attach() })
    }

    @Test(
        "a VM that somebody has stopped is not started, if the operation had not begun to stop it")
    func notStarted() throws {
        try killed(after: "POST /volumes/create")
        try scene.stop()
        try scene.runner.recover()
        #expect(scene.container?.isRunning == false)
        #expect(scene.docker.state.volumes["\(scene.vm).op"] == nil)
    }

    @Test("a VM that the operation had begun to stop is started again")
    func startedAgain() throws {
        try killed(after: "/stop")
        try scene.runner.recover()
        #expect(scene.container?.isRunning == true)
    }

    @Test("a call about a disk waits for the VM, too, when an operation on both is to be settled")
    func union() throws {
        try killed(after: "/stop")
        scene.runner.configuration["timeouts"]["lock"] = 0
        let locks = Locks(
            scene.runner.directory.path, shared: scene.runner.locks.path,
            logger: scene.runner.logger)
        let held = try locks.acquire([VMCID(scene.vm).subject], seconds: 0, for: "1m8fr9seyft4cm")
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        #expect(
            failure?.message.contains("operation 1m8fr9seyft4cm") == true,
            "\(failure?.message ?? "")")
        #expect(scene.container?.isRunning == false, "it was settled without the VM's lock")
        held.forEach { $0.release() }
        try scene.runner.call("delete_disk", [.string(scene.disk)])
        #expect(scene.container?.isRunning == true)
    }

    @Test("no step removes the volume of a persistent disk, whatever name it is given")
    func disks() throws {
        let world = try scene.runner.operatorRecovery(journal: false).world
        let step = Step.removeVolume(scene.disk, of: VMCID(scene.vm))
        #expect(throws: CPIError.self) { try step.do(world) }
        #expect(scene.docker.state.volumes[scene.disk] != nil)
        scene.docker.state.volumes["vol-11111111-2222-4333-8444-555555550001"] = FakeDocker.State
            .Volume(name: "vol-11111111-2222-4333-8444-555555550001")
        #expect(throws: CPIError.self) {
            try Step.removeVolume(
                "vol-11111111-2222-4333-8444-555555550001", of: VMCID(scene.vm)
            ).do(world)
        }
    }
}
