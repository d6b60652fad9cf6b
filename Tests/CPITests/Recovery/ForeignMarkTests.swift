import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("What this journal does not know of")
struct ForeignMarkTests {
    @Test(
        "another CPI's mark on the VM is no fault of the journal's: the call that meets it is recorded"
    )
    func mark() throws {
        let scene = try Scene.attached()
        let mark = VMCID(scene.vm).mark
        scene.docker.state.volumes[mark] = FakeDocker.State.Volume(
            name: mark, labels: [Label.operation: "1m8fr9seyft4cm", Label.vm: scene.vm])
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        #expect(
            failure?.message.contains("operation 1m8fr9seyft4cm has left its mark") == true,
            "\(failure)")
        #expect(!scene.runner.log.text.contains("the journal cannot be used"))
        let operation = try scene.runner.lastOperation()
        #expect(operation.method == "detach_disk" && !operation.state.isOpen)
        scene.docker.state.volumes[mark] = nil
        _ = try scene.detach()
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test(
        "what is found without a journal is recorded before anything of the call that has found it")
    func adopted() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        try scene.runner.loseJournal()
        // Its warning of the further argument is kept until its own intent.
        scene.docker.onRequest = { _, request in request.isRead ? nil : .kill }
        #expect(throws: (any Error).self) {
            try scene.runner.call("detach_disk", [.string(scene.vm), .string(scene.disk), "more"])
        }
        scene.docker.revive()
        let journal = try scene.runner.journal()
        #expect(try journal.open().map(\.method) == ["attach_disk"])
        #expect(try journal.check() == [])
    }

    @Test("a context that is wrong is recorded with the method, and with whose call it was")
    func context() throws {
        let scene = try Scene()
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_disk", [16, [:], .null], context: ["host": 5])
        }
        #expect(failure?.message.contains("context.host") == true, "\(failure)")
        let operation = try scene.runner.lastOperation()
        #expect(operation.method == "create_disk" && operation.state == .failed)
        #expect(operation.request == "cpi-123456" && operation.director == "director-1")
    }

    @Test("a Docker that does not say which one it is gets no operation begun")
    func unknownDaemon() throws {
        let scene = try Scene.attached()
        var asked = 0
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/networks") else { return nil }
            asked += 1
            return .status(500, "boom")
        }
        #expect(throws: CallFailure.self) { try scene.detach() }
        scene.docker.onRequest = nil
        #expect(asked > 0 && scene.isAttached && scene.container?.isRunning == true)
        #expect(try scene.runner.lastOperation().state == .failed)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("what a call that comes first asks of Docker is told of that call")
    func first() throws {
        let scene = try Scene()
        try scene.makeDisk()
        let answer = try scene.create(
            networks: ["d": Scene.network("net-a", "10.1.0.5")], disks: [scene.disk])
        let vm = try #require(answer.array?.first?.string)
        _ = try scene.runner.call("delete_disk", [.string(scene.disk)])
        let journal = try scene.runner.journal()
        let detach = try journal.operation("last:detach_disk")
        #expect(try journal.subjects(of: detach.id).map(\.cid).contains(vm))
        let requests = try journal.events(of: detach.id).filter { $0.kind == .request }
        #expect(requests.contains { $0.data?.contains("/containers/create") == true })
        let outer = try journal.events(of: journal.operation("last:delete_disk").id)
        #expect(!outer.contains { $0.data?.contains("/containers/create") == true })
    }

    @Test(
        "of two machines that come to a VM at once the later one is told of the other, and of what that does"
    )
    func race() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        let mark = try #require(scene.docker.state.volumes[VMCID(scene.vm).mark])
        try scene.runner.recover()
        let other = try CallRunner(scene.docker)
        scene.docker.onRequest = { _, request in
            guard request.path.hasSuffix("/volumes/create"),
                let index = scene.docker.state.index(ofContainer: scene.vm)
            else { return nil }
            scene.docker.state.volumes[mark.name] = mark
            scene.docker.state.containers[index].status = "exited"
            return nil
        }
        let failure = #expect(throws: CallFailure.self) {
            try other.call("attach_disk", [.string(scene.vm), .string(scene.disk)])
        }
        let message = failure?.message ?? ""
        #expect(message.contains("may be at work there; if it is not: "), "\(message)")
        #expect(message.contains("is not running; operation "), "\(message)")
        #expect(message.contains("has a mark on it"), "\(message)")
    }
}
