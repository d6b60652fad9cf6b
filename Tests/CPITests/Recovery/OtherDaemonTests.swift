import Engine
import Testing

@testable import CPI
@testable import Support

/// Docker's data directory is not mounted: the daemon that answers is another one, and has nothing.
@Suite("Another daemon answers at the same address")
struct OtherDaemonTests {
    let scene: Scene

    init() throws {
        scene = try .attached()
        scene.docker.state = FakeDocker.State()
        scene.docker.state.daemon = "another"
    }

    @Test(
        "what is not there is said to have been on another one",
        arguments: ["has_vm", "has_disk", "delete_vm"])
    func warned(method: String) throws {
        let cid = method == "has_disk" ? scene.disk : scene.vm
        let answer = try scene.runner.call(method, [.string(cid)])
        #expect(answer == (method == "delete_vm" ? .null : false))
        #expect(scene.runner.log.text.contains("\(cid) is not there, but another Docker daemon"))
    }

    @Test("what was never there is not")
    func unknown() throws {
        #expect(try scene.runner.call("has_vm", ["vm-unknown"]) == false)
        #expect(!scene.runner.log.text.contains("another Docker daemon"))
    }

    @Test("doctor fails")
    func doctor() throws {
        let findings = try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
        let found = findings.filter { $0.what == "daemon" }
        #expect(found.map(\.level) == [.fail], "\(findings)")
    }
}
