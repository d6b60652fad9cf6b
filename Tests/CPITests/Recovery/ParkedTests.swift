import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("What is parked stays parked until somebody asks for it")
struct ParkedTests {
    let scene: Scene

    /// A VM with an attach_disk that was killed after its commit, and that an operator has parked.
    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        try scene.killAttachAtCommit()
        let open = try #require(try scene.runner.journal().open().first)
        _ = try recovery.park(open.id, reason: "a person looks")
    }

    private var recovery: OperatorRecovery {
        get throws { try scene.runner.operatorRecovery(journal: true) }
    }

    private var parked: Operation {
        get throws { try #require(try scene.runner.journal().open().first) }
    }

    @Test("recovery that meets a fault leaves it parked, with its reason")
    func fault() throws {
        let before = try parked
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/start") ? .status(500, "boom") : nil
        }
        let one = try #require(try recovery.cases(before.id).first)
        #expect(throws: (any Error).self) { try recovery.settle(one) }
        let after = try parked
        #expect(after.id == before.id && after.state == .parked && after.error == before.error)
        #expect(try recovery.cases(before.id).allSatisfy(\.isParkedByOperator))
    }

    @Test("an operation that has ended meanwhile is neither parked nor closed")
    func ended() throws {
        let one = try #require(try recovery.cases(parked.id).first)
        _ = try recovery.settle(one)
        #expect(throws: CPIError.self) { try recovery.park(one.operation.id, reason: "late") }
        #expect(throws: CPIError.self) {
            try recovery.resolve(one.operation.id, as: .failed, reason: "late")
        }
        #expect(try scene.runner.journal().operation(one.operation.id).state != .parked)
    }

    @Test("what could not be written is not said to be parked")
    func unwritten() throws {
        let before = try parked
        let other = try Journal(directory: scene.runner.directory.path, busyTimeout: 100)
        let journal = try Journal(directory: scene.runner.directory.path, busyTimeout: 100)
        let recovery = OperatorRecovery(
            journal: journal,
            world: World(
                engine: try recovery.engine, configuration: try recovery.world.configuration,
                request: CallContext(director: nil, requestID: nil, isVersion2: true),
                operation: "",
                recorder: Recorder(
                    JournalStore(journal, clock: .system, logger: scene.runner.logger), id: "",
                    resumed: true),
                locks: try recovery.world.locks, logger: scene.runner.logger))
        let failure = try other.hold {
            #expect(throws: CPIError.self) {
                try recovery.resolve(before.id, as: .failed, reason: "seen")
            }
        }
        #expect(failure?.message.contains("is as it was") == true, "\(failure)")
        #expect(try parked == before)
    }

    @Test("a look that fails adds nothing to it")
    func look() throws {
        let before = try scene.runner.journal().events(of: parked.id).count
        let one = try #require(try recovery.cases(parked.id).first)
        scene.docker.onRequest = { _, _ in .beforeSending }
        #expect(throws: (any Error).self) { try recovery.settle(one) }
        #expect(try parked.state == .parked)
        let attempts = try scene.runner.journal().events(of: parked.id).dropFirst(before)
            .filter { $0.kind == .attempt }
        #expect(attempts.count <= 1)
    }

    @Test("what Docker tells of it is not settled either")
    func fromDocker() throws {
        let found = try recovery.casesFromDocker(olderThan: 0).cases
        #expect(!found.isEmpty && found.allSatisfy(\.isParkedByOperator), "\(found)")
    }

    @Test(
        "nothing that it is about is deleted before it is resolved; the reason and the command are said"
    )
    func notDeleted() throws {
        scene.docker.forget()
        for (method, cid) in [("delete_vm", scene.vm), ("delete_disk", scene.disk)] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, [.string(cid)])
            }
            #expect(failure?.message.contains("a person looks; next: cpi-admin recover") == true)
        }
        #expect(scene.docker.story.isEmpty, "\(scene.docker.story)")
        #expect(try parked.state == .parked)
        _ = try recovery.resolve(parked.id, as: .failed, reason: "looked")
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.container(scene.vm) == nil)
    }

    @Test("a stemcell is not deleted either while its create_stemcell is parked by an operator")
    func stemcell() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .killAfter : nil
        }
        let image = JSON.string(scene.runner.directory.path + "/image")
        _ = try? scene.runner.call("create_stemcell", [image, ["name": "test"]])
        scene.docker.revive()
        let operation = try scene.runner.lastOperation()
        _ = try recovery.park(operation.id, reason: "a person looks")
        let made = try #require(operation.plan(of: CreateStemcell.self)).stemcell.description
        for _ in 1...2 {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call("delete_stemcell", [.string(made)])
            }
            #expect(failure?.message.contains("a person looks; next: cpi-admin recover") == true)
        }
        #expect(scene.docker.state.image(made) != nil)
    }

    @Test("an attach_disk meets its mark, and says why it is there")
    func marked() throws {
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        let id = try parked.id
        #expect(failure?.message.contains("a person looks); next: cpi-admin recover \(id)") == true)
    }

    @Test("what recovery has parked goes with a VM whose delete_vm recovery finishes")
    func deleted() throws {
        let scene = try Scene()
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/rename") ? .killAfter : nil
        }
        _ = try? scene.create()
        scene.docker.revive()
        try scene.runner.recover()
        let journal = try scene.runner.journal()
        let parked = try #require(try journal.open().first)
        #expect(parked.state == .parked)
        #expect(try !OpenOperation(parked, in: journal).isParkedByOperator)
        let vm = try #require(try journal.subjects(of: parked.id).first { $0.kind == .vm })
        scene.docker.onRequest = { _, request in
            request.method == "DELETE" && request.path.contains("/volumes/") ? .kill : nil
        }
        _ = try? scene.runner.call("delete_vm", [.string(vm.cid)])
        scene.docker.revive()
        #expect(try scene.runner.journal().open().count == 2)
        try scene.runner.recover()
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(scene.docker.state.container(vm.cid) == nil)
    }
}
