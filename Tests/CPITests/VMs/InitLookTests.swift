import Foundation
import Testing

@testable import CPI
@testable import Support

@Suite("A VM runs when its first process is no longer the entry script")
struct InitLookTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Starts the script with a file in the place of the first process's name.
    private func start(_ name: String) throws -> Process {
        let file = try directory.write("comm", Array((name + "\n").utf8))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", InitLook.script.replacing("/proc/1/comm", with: file)]
        try process.run()
        return process
    }

    @Test(
        "any other name than a shell's or the runtime's is the init",
        arguments: ["init", "systemd", "runsvdir"])
    func becomes(name: String) throws {
        let process = try start(name)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(
        "while it is the entry script it is waited for", arguments: ["sh", "runc:[2:INIT]", "crun"])
    func waits(name: String) throws {
        let process = try start(name)
        usleep(100_000)
        #expect(process.isRunning)
        _ = try directory.write("comm", Array("init\n".utf8))
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("what ends or cannot be looked at is no init")
    func gone() throws {
        let process = try start("sh")
        try FileManager.default.removeItem(atPath: directory.path + "/comm")
        process.waitUntilExit()
        #expect(process.terminationStatus != 0)
    }

    @Test("create_vm takes back a VM whose entry script does not come to its end")
    func hangs() throws {
        let scene = try Scene()
        scene.docker.entryScriptEnds = false
        let failure = #expect(throws: CallFailure.self) { try scene.create() }
        #expect(failure?.message.contains("entry script is still running") == true)
        #expect(scene.docker.state.containers.isEmpty)
        #expect(try scene.runner.lastOperation().state == .rolledBack)
    }

    @Test("create_vm sleeps no fixed time")
    func noSleep() throws {
        let scene = try Scene()
        let before = scene.runner.time.elapsed
        _ = try scene.create()
        // Looking at the clock takes virtual time as well, a millisecond each.
        #expect(scene.runner.time.elapsed - before < 0.1)
    }
}
