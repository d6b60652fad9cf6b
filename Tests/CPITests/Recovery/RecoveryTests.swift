import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("Recovery is a table, and does what it says")
struct RecoveryTests {
    private static func question(
        _ rule: RecoveryRule, _ direction: Operation.Direction = .forward, begun: Bool = true,
        by asker: Asker = .person(wish: nil), hasToldError: Bool = false
    ) -> RecoveryTable.Question {
        RecoveryTable.Question(
            rule: rule, direction: direction, begun: begun, asker: asker,
            hasToldError: hasToldError)
    }

    private static let failing = Asker.failingCall(hasStarted: false)

    static let rows: [(RecoveryTable.Question, Situation, String)] = [
        (question(.removeIncomplete), .incomplete, "roll back"),
        (question(.removeIncomplete, begun: false), .incomplete, "roll back"),
        (question(.removeIncomplete), .complete, "leave to a person"),
        (question(.removeIncomplete, hasToldError: true), .complete, "roll back"),
        (question(.removeIncomplete, .backward), .complete, "roll back"),
        (question(.removeIncomplete, .backward), .incomplete, "roll back"),
        (question(.removeIncomplete, by: failing), .complete, "roll back"),
        (question(.keepWhatIsMade), .complete, "leave to a person"),
        (question(.keepWhatIsMade, hasToldError: true), .complete, "leave to a person"),
        (question(.keepWhatIsMade), .incomplete, "close as failed"),
        (question(.keepWhatIsMade, by: failing), .complete, "close as done"),
        (question(.keepWhatIsMade), .gone("x"), "leave to a person: x"),
        (question(.finish), .unfinished, "finish"),
        (question(.finish, begun: false), .unfinished, "close as failed"),
        (question(.finish), .superseded("x"), "close as failed: x has taken over"),
        (question(.finish), .untouched("x"), "close as failed: x is there still"),
        (question(.finish, by: .person(wish: .forward)), .untouched("x"), "finish"),
        (question(.finish, by: .laterCall(isOfSameMethod: true)), .untouched("x"), "finish"),
        (
            question(.finish, by: .laterCall(isOfSameMethod: false)), .untouched("x"),
            "close as failed: x is there still"
        ),
        (question(.finish), .gone("x"), "leave to a person: x"),
        (question(.nothing), .unfinished, "close as failed"),
        (question(.replacement), .unfinished, "finish"),
        (question(.replacement, by: failing), .unfinished, "roll back"),
        (question(.replacement, by: .person(wish: .backward)), .unfinished, "roll back"),
        (question(.replacement, by: .laterCall(isOfSameMethod: false)), .unfinished, "finish"),
        (question(.replacement), .gone("x"), "leave to a person: x"),
        (question(.replacement), .remnant(.fresh), "roll back"),
        (question(.replacement), .remnant(.absent), "roll back"),
        (question(.replacement), .remnant(.ran), "leave to a person"),
        (question(.replacement), .remnant(.running), "leave to a person"),
    ]

    @Test("the table of recovery says what is done, for each rule and situation", arguments: rows)
    func row(question: RecoveryTable.Question, situation: Situation, expected: String) {
        let action = RecoveryTable.action(question, situation)
        #expect(action.words.hasPrefix(expected))
    }

    /// Leaves an operation with its intent alone: killed before its first step.
    private func intent(_ scene: Scene, _ method: String, _ plan: JSON, owner: JSON = [:]) throws
        -> String
    {
        let journal = try Journal(directory: scene.runner.directory.path, busyTimeout: 100)
        let id = OperationID(at: scene.runner.time.clock.wall()).text
        try journal.begin(
            Intent(
                id: id, method: method, mutating: true, plan: plan.text,
                subjects: [Subject(.vm, scene.vm), Subject(.disk, scene.disk)], director: nil,
                request: nil,
                owner: owner.text),
            event: Event(kind: .intent, at: scene.runner.time.clock.wall(), monotonic: 0),
            durable: true)
        return id
    }

    @Test("an operation has an owner while its call lives, at each request after the intent")
    func liveOwner() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        let journal = try scene.runner.journal()
        let liveness = Liveness(beside: scene.runner.directory.path + "/" + Journal.fileName)
        var owned: [Bool] = []
        scene.docker.onRequest = { _, _ in
            owned += ((try? journal.open()) ?? []).map { liveness.isOwned($0) }
            return nil
        }
        _ = try scene.attach()
        #expect(owned.count > 20 && owned.allSatisfy(\.self))
        scene.docker.onRequest = nil
    }

    @Test("what never began is closed and nothing is done")
    func notBegun() throws {
        let scene = try Scene.attached()
        let reboot: JSON = [
            "vm": .string(scene.vm), "container": .string(scene.container?.id ?? ""),
            "startedAt": "x", "mountsStore": false,
        ]
        let id = try intent(scene, "reboot_vm", reboot)
        try scene.runner.recover()
        #expect(scene.story() == "")
        #expect(try scene.runner.journal().operation(id).state == .failed)
    }

    @Test(
        "a method or a plan that this version does not know is parked, and blocks nobody for ever",
        arguments: [
            ("frobnicate_vm", JSON.object([:])), ("attach_disk", .object(["x": 1])),
            ("delete_vm", .object([:])),
        ])
    func unknown(method: String, plan: JSON) throws {
        let scene = try Scene.attached()
        let id = try intent(scene, method, plan)
        _ = try? scene.runner.recover()
        #expect(try scene.runner.journal().operation(id).state == .parked)
        scene.docker.forget()
        #expect(scene.container?.isRunning == true)
        _ = try scene.detach()
        #expect(!scene.isAttached)
        #expect(try scene.runner.journal().operation(id).state != .done)
    }

    /// An interrupted delete_vm, begun on the daemon with that id.
    private func interrupted(_ scene: Scene, daemon: String) throws -> String {
        let plan: JSON = [
            "vm": .string(scene.vm),
            "containers": [["id": .string(scene.container?.id ?? ""), "name": .string(scene.vm)]],
            "volumes": [], "images": [], "pins": [], "networks": [], "kept": [],
        ]
        let owner: JSON = [
            "daemon": ["id": .string(daemon), "address": "tcp://elsewhere:2376"]
        ]
        return try intent(scene, "delete_vm", plan, owner: owner)
    }

    @Test("what may be at work elsewhere is settled by its id, when somebody says that it is not")
    func elsewhere() throws {
        let scene = try Scene.attached()
        let plan: JSON = [
            "vm": .string(scene.vm), "containers": [], "volumes": [], "images": [], "pins": [],
            "networks": [], "kept": [],
        ]
        let id = try intent(scene, "delete_vm", plan, owner: ["place": "elsewhere id boot 1:2"])
        let recovery = try scene.runner.operatorRecovery(journal: true)
        for seconds in [nil, 600] {
            let owner = try recovery.cases(id, olderThan: seconds).first?.owner
            #expect(owner?.sentence == "a process on machine elsewhere may be at work")
        }
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        let command = "\(RecoveryCommand.of(id).atAnyAge.yes)"
        #expect(failure?.message.contains("if it is not: \(command)") == true, "\(failure)")
        let one = try #require(try recovery.cases(id, olderThan: 0).first)
        #expect(one.owner == nil)
        _ = try recovery.settle(one)
        _ = try scene.detach()
    }

    @Test("a stemcell whose call has told of an error, while Docker was gone, is taken back later")
    func toldError() throws {
        let scene = try Scene()
        var isGone = false
        scene.docker.onRequest = { _, request in
            if isGone { return .beforeSending }
            isGone = request.path.hasSuffix("/commit")
            return nil
        }
        let image = JSON.string(scene.runner.directory.path + "/image")
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("create_stemcell", [image, ["name": "x"]])
        }
        #expect(failure?.message.contains("could not be seen") == true, "\(failure)")
        scene.docker.onRequest = nil
        #expect(scene.docker.state.imageTags.count > 1)
        try scene.runner.recover()
        #expect(scene.docker.state.imageTags == [scene.stemcell])
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("what was begun here is known to be of here")
    func here() throws {
        let scene = try Scene.attached()
        let id = try interrupted(scene, daemon: "network FAKE:DAEMON none")
        try scene.runner.recover()
        let operation = try scene.runner.journal().operation(id)
        #expect(operation.state != .running, "\(operation)")
    }

    @Test(
        "an operation of another daemon is nobody's business here: a 404 from here is not gone",
        arguments: ["podman ANOTHER /elsewhere", "network ANOTHER none"])
    func foreign(_ daemon: String) throws {
        let scene = try Scene.attached()
        let id = try interrupted(scene, daemon: daemon)
        #expect {
            try scene.runner.recover()
        } throws: { "\($0)".contains("tcp://elsewhere:2376") }
        let seen = try scene.runner.operatorRecovery(journal: true).cases(id)
        #expect(seen.first?.trouble?.contains("tcp://elsewhere:2376") == true)
        // No call on the same VM takes it for one of this Docker's either.
        _ = try scene.detach()
        #expect(scene.container?.isRunning == true)
        #expect(try scene.runner.journal().operation(id).state == .running)
    }

    @Test("podman, whose id is another one with each answer, is known again")
    func podman() throws {
        let scene = try Scene()
        scene.docker.state.buildah = "1.39.3"
        try scene.makeVM()
        let first = try #require(RecordedOwner(scene.runner.lastOperation())?.daemonID)
        let second = try scene.runner.operatorRecovery(journal: true).world.daemonID()
        #expect(first == second)
        #expect(first.hasPrefix("podman "))
    }

    @Test("what lives is left alone: its owner holds its lock")
    func owned() throws {
        let scene = try Scene.attached()
        let reboot: JSON = [
            "vm": .string(scene.vm), "container": .string(scene.container?.id ?? ""),
            "startedAt": "x", "mountsStore": false,
        ]
        let id = try intent(scene, "reboot_vm", reboot)
        let locks = Locks(scene.runner.directory.path, logger: scene.runner.logger)
        let lock = try locks.own(id)
        #expect(locks.isOwned(id))
        _ = try scene.detach()
        #expect(try scene.runner.journal().operation(id).state == .running)
        lock.end()
        _ = try scene.attach()
        #expect(try scene.runner.journal().operation(id).state != .running)
    }

    @Test("what another machine began is left alone for ten minutes, and is dead after that")
    func anotherMachine() throws {
        let scene = try Scene.attached()
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/commit") ? .kill : nil }
        _ = try? scene.detach()
        scene.docker.revive()
        try scene.runner.loseJournal()
        let mark = "\(scene.vm).op"
        let labels = scene.docker.state.volumes[mark]?.labels ?? [:]
        #expect(Place(labels)?.machine == .here)
        scene.docker.state.volumes[mark]?.labels["io.bosh.cpi.host"] = "elsewhere 0a 0b"
        for method in ["reboot_vm", "delete_vm"] {
            let failure = #expect(throws: CallFailure.self) {
                try scene.runner.call(method, [.string(scene.vm)])
            }
            #expect(
                failure?.message.contains("elsewhere") == true, "\(String(describing: failure))")
        }
        #expect(scene.docker.state.volumes[mark] != nil && scene.container != nil)
        scene.runner.time.sleep(601)
        _ = try scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.docker.settledInvariants() == [])
        #expect(CrashScenario.whole(scene) == [])
    }

    @Test("a lock that somebody holds is told with the holder's operation")
    func locked() throws {
        let scene = try Scene.attached()
        scene.runner.configuration["timeouts"] = ["lock": 0]
        let locks = Locks(scene.runner.directory.path, logger: scene.runner.logger)
        let held = try locks.acquire(scene.vm, seconds: 0, note: "1m8fr9seyft4cm")
        let failure = #expect(throws: CallFailure.self) { try scene.detach() }
        #expect(failure?.message.contains("operation 1m8fr9seyft4cm") == true)
        #expect(scene.isAttached && scene.container?.isRunning == true)
        held.forEach { $0.release() }
        _ = try scene.detach()
    }
}
