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

    @Test("also when a call has failed there before, and where a missing disk is an error")
    func failedBefore() throws {
        _ = try? scene.runner.call("reboot_vm", [.string(scene.vm)])
        _ = try? scene.runner.call("set_vm_metadata", [.string(scene.vm), [:]])
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        #expect(scene.runner.log.text.contains("\(scene.vm) is not there, but another Docker"))
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("delete_disk", [.string(scene.disk)])
        }
        #expect(failure?.type == "Bosh::Clouds::DiskNotFound")
        #expect(scene.runner.log.text.contains("\(scene.disk) is not there, but another Docker"))
        _ = try scene.runner.call("delete_stemcell", [.string(scene.stemcell)])
        let words = "\(scene.stemcell) is not there, but another Docker"
        #expect(scene.runner.log.text.contains(words))
    }

    @Test("what was never there is not")
    func unknown() throws {
        #expect(try scene.runner.call("has_vm", ["vm-unknown"]) == false)
        #expect(!scene.runner.log.text.contains("another Docker daemon"))
    }

    @Test("doctor without a journal tells of operations what Docker shows, and no more")
    func noJournal() throws {
        let scene = try Scene.attached()
        func words() throws -> [String] {
            try scene.runner.operatorRecovery(journal: true).inspection(nil).diagnose()
                .filter { $0.what == "operations" }.map(\.words)
        }
        #expect(
            try words() == ["Docker shows none that was interrupted; no journal tells of others"])
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        #expect(
            try words() == ["interrupted ones that Docker shows: 1; no journal tells of others"])
    }

    @Test("doctor calls another daemon than before a failure")
    func doctor() throws {
        let findings = try scene.runner.operatorRecovery(journal: true).inspection.diagnose()
        let found = findings.filter { $0.what == "daemon" }
        #expect(found.map(\.level) == [.fail], "\(findings)")
    }
}
