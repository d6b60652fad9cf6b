import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("reboot_vm stops and starts")
struct RebootVMTests {
    let scene: Scene

    init() throws {
        scene = try Scene()
        try scene.makeVM()
    }

    private func reboot() throws { _ = try scene.runner.call("reboot_vm", [.string(scene.vm)]) }

    @Test("a running VM is stopped and started, and keeps its files")
    func running() throws {
        try reboot()
        #expect(scene.story() == "create volume VM.op\nstop VM\nstart VM\nremove volume VM.op")
        #expect(scene.container?.isRunning == true)
        #expect(scene.read(Scene.layerFile) == "layer")
    }

    @Test("one that somebody has taken off its network is told of: it comes up as it was")
    func disconnected() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].endpoints = [:]
        try reboot()
        #expect(scene.runner.log.text.contains("is on no network"))
        #expect(try scene.runner.lastEvents().contains("warning"))
    }

    @Test("a stopped VM is started")
    func stopped() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "exited"
        try reboot()
        #expect(scene.container?.isRunning == true)
    }

    @Test("a VM that ends again and again is stopped and started")
    func restarting() throws {
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].status = "restarting"
        try reboot()
        #expect(scene.container?.status == "running")
    }

    @Test("a missing VM is VMNotFound")
    func missing() throws {
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("reboot_vm", ["vm-absent"])
        }
        #expect(failure?.type == "Bosh::Clouds::VMNotFound")
    }

    @Test("after a start that failed, repeating the call brings the VM up")
    func startFails() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start") ? .status(500, "boom") : nil
        }
        let failure = #expect(throws: CallFailure.self) { try reboot() }
        #expect(failure?.message.contains("half done") == true)
        #expect(failure?.message.contains("cpi-admin recover") == true)
        scene.docker.onRequest = nil
        try reboot()
        #expect(scene.container?.isRunning == true)
        #expect(try scene.runner.journal().open().isEmpty)
    }
}
