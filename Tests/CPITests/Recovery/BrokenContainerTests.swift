import Engine
import Testing

@testable import CPI
@testable import Support

/// Docker answers 500 for a container whose files it has lost, for as long as the container is there.
@Suite(
    "One container that Docker cannot describe does not silence what there is to say of the others")
struct BrokenContainerTests {
    let scene: Scene
    let broken: String
    let sound: String

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        broken = scene.vm
        sound = try #require(
            try scene.create(agent: "b", networks: ["a": Scene.network("net-a", "10.1.0.9")])
                .array?.first?.string)
        try scene.docker.engine.stopContainer(sound, seconds: 0)
        let id = try #require(scene.docker.state.container(broken)?.id)
        scene.docker.onRequest = { [broken] _, request in
            let names = ["/containers/\(broken)/json", "/containers/\(id)/json"]
            return names.contains { request.path.hasSuffix($0) }
                ? .status(500, "RWLayer of container is unexpectedly nil") : nil
        }
    }

    @Test("doctor names it, and the other VM that is stopped")
    func doctor() throws {
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let findings = try recovery.inspection.diagnose()
        let failed = findings.filter { $0.level == .fail }
        #expect(failed.map(\.what) == ["vm \(broken)"])
        #expect(failed.first?.words.contains("RWLayer") == true)
        #expect(findings.contains { $0.what == "vm \(sound)" && $0.level == .warn })
        #expect(try recovery.inspection.readiness().map(\.vm) == [sound])
        #expect(scene.runner.log.text.contains("container \(broken) is left out"))
    }

    @Test("where Docker cannot look into a VM, because its disk is full, that is a finding too")
    func cannotLook() throws {
        scene.docker.onRequest = { _, request in
            request.method == "HEAD" ? .status(500, "") : nil
        }
        try scene.docker.engine.startContainer(sound)
        scene.runner.configuration["attach"] = "auto"
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let ways = try recovery.inspection.readiness()
        #expect(ways.map(\.vm) == [broken, sound].sorted())
        for one in ways {
            guard case .unseen(let why) = one.way else { return #expect(Bool(false), "\(one)") }
            #expect(why.contains("is its disk full?"))
        }
    }

    @Test("one VM whose files Docker does not show ends neither the list of disks nor doctor")
    func filesOfOneNotShown() throws {
        let fault = scene.docker.onRequest
        scene.docker.onRequest = nil
        try scene.makeDisk()
        scene.runner.configuration["attach"] = "auto"
        _ = try scene.runner.call("attach_disk", [.string(sound), .string(scene.disk)])
        scene.docker.state.containers.removeAll { $0.name == DiskCID(scene.disk).pin }
        scene.docker.onRequest = { count, request in
            request.method == "HEAD" ? .status(500, "") : fault?(count, request)
        }
        let inspection = try scene.runner.operatorRecovery(journal: true).inspection
        #expect(try inspection.diagnose().contains { $0.what == "privileged" })
        // Of this one no journal tells where it is.
        scene.docker.onRequest = nil
        let loose = try #require(
            try scene.runner.call("create_disk", [16, [:], .null]).string)
        scene.docker.onRequest = { _, request in
            request.method == "HEAD" ? .status(500, "") : nil
        }
        let other = try CallRunner(scene.docker).operatorRecovery(journal: false).inspection
        let disk = try #require(try other.disks(usage: false).first { $0.disk == loose })
        #expect(disk.unseen?.contains("Docker does not show its files") == true, "\(disk)")
    }

    @Test("it can be deleted, also when delete_vm is killed in the middle")
    func deleted() throws {
        let fault = scene.docker.onRequest
        scene.docker.onRequest = { count, request in
            request.method == "DELETE" ? .kill : fault?(count, request)
        }
        _ = try? scene.runner.call("delete_vm", [.string(broken)])
        scene.docker.revive()
        scene.docker.onRequest = fault
        #expect(scene.docker.state.container(broken) != nil)
        _ = try scene.runner.call("delete_vm", [.string(broken)])
        #expect(scene.docker.state.container(broken) == nil)
        #expect(scene.docker.state.volumes.keys.allSatisfy { !$0.hasPrefix(broken) })
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("it can be deleted also where a container that was replaced is kept beside it")
    func deletedWithOld() throws {
        let fault = scene.docker.onRequest
        let old = VMCID(broken).old("0123456789abcdef")
        var copy = try #require(scene.docker.state.container(broken))
        (copy.id, copy.name) = ("0123456789abcdef", old)
        scene.docker.state.containers.append(copy)
        scene.docker.onRequest = { count, request in
            request.path.hasSuffix("/containers/\(copy.id)/json")
                ? .status(500, "RWLayer of container is unexpectedly nil") : fault?(count, request)
        }
        _ = try scene.runner.call("delete_vm", [.string(broken)])
        #expect(
            scene.docker.state.container(broken) == nil && scene.docker.state.container(old) == nil)
    }

    @Test("a disk that it may have is not given away, and the error says what helps")
    func disk() throws {
        let fault = scene.docker.onRequest
        scene.docker.onRequest = nil
        try scene.makeDisk()
        _ = try scene.attach()
        let id = try #require(scene.docker.state.container(broken)?.id)
        scene.docker.onRequest = { [broken] count, request in
            request.path.hasSuffix("/containers/\(id)/json")
                ? .status(500, "RWLayer of container \(broken) is unexpectedly nil")
                : fault?(count, request)
        }
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("attach_disk", [.string(sound), .string(scene.disk)])
        }
        let words = "container \(broken) may have disk \(scene.disk), and Docker cannot describe it"
        #expect(failure?.message.contains(words) == true, "\(failure)")
        #expect(failure?.message.contains("bosh delete-vm \(broken)") == true, "\(failure)")
    }

    @Test("nobody is told to delete a VM whose files Docker does not show")
    func filesNotShown() throws {
        let scene = try Scene()
        try scene.makeVM()
        let well = scene.vm
        try scene.makeDisk()
        let made = try scene.create(agent: "b", networks: ["a": Scene.network("net-a", "10.1.0.9")])
        let vm = try #require(made.array?.first?.string)
        // A journal that knows nothing of the disk.
        let other = try CallRunner(scene.docker)
        other.configuration["attach"] = "auto"
        let id = try #require(scene.docker.state.container(well)?.id)
        scene.docker.onRequest = { _, request in
            request.method == "HEAD" && request.path.contains(id) ? .status(500, "") : nil
        }
        let failure = #expect(throws: CallFailure.self) {
            try other.call("attach_disk", [.string(vm), .string(scene.disk)])
        }
        let message = failure?.message ?? ""
        #expect(message.contains("VM \(well) may have disk \(scene.disk)"), "\(message)")
        #expect(message.contains("no reason is given"), "\(message)")
        #expect(!message.contains("delete-vm"), "\(message)")
        // It was just being deleted.
        scene.docker.onRequest = { _, request in
            guard request.method == "HEAD", request.path.contains(id) else { return nil }
            scene.docker.state.containers.removeAll { $0.id == id }
            return .status(500, "")
        }
        _ = try other.call("attach_disk", [.string(vm), .string(scene.disk)])
    }

    @Test(
        "as a VM that was never answered it keeps nobody from making one, nor orphans from being named"
    )
    func unanswered() throws {
        let scene = try Scene()
        scene.runner.delivers = false
        try scene.makeVM()
        scene.runner.delivers = true
        scene.runner.time.sleep(20)
        let id = try #require(scene.docker.state.container(scene.vm)?.id)
        scene.docker.onRequest = { _, request in
            ["/containers/\(scene.vm)/json", "/containers/\(id)/json"]
                .contains { request.path.hasSuffix($0) } ? .status(500, "RWLayer") : nil
        }
        _ = try scene.create(agent: "b", networks: ["a": Scene.network("net-a", "10.1.0.9")])
        #expect(try scene.runner.operatorRecovery(journal: true).orphans(sizes: false).isEmpty)
    }

    @Test("recovery without a journal, and the list of orphans, go on")
    func recovery() throws {
        let recovery = try scene.runner.operatorRecovery(journal: false)
        #expect(try recovery.casesFromDocker(olderThan: 0).cases.isEmpty)
        #expect(try recovery.orphans().allSatisfy { $0.name != broken })
    }
}
