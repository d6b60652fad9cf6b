import Engine
import Journal
import Testing

@testable import CPI
@testable import Support

@Suite("What somebody does to names, networks and images while a container is replaced")
struct MeanwhileTests {
    let scene: Scene
    private var engine: Engine { scene.docker.engine }

    init() throws {
        scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
    }

    private func isCreate(_ request: Request) -> Bool {
        request.path.hasSuffix("/containers/create")
    }

    @Test("a VM that was disconnected from its network is not replaced by one without it")
    func disconnected() throws {
        scene.before({ $0.path.hasSuffix("/commit") }) {
            let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
            scene.docker.state.containers[index].endpoints = [:]
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(
            failure?.message.contains("somebody has disconnected VM \(scene.vm) from network net-a")
                == true, "\(failure)")
        #expect(
            failure?.message.contains("Rolled back, but it is no longer on network net-a") == true)
        #expect(scene.container?.isRunning == true && !scene.isAttached)
    }

    @Test("a replacement that was disconnected after its start is told, with what helps")
    func disconnectedLater() throws {
        scene.before({ $0.path.hasSuffix("/update") }) {
            let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
            scene.docker.state.containers[index].endpoints = [:]
        }
        _ = try scene.attach()
        #expect(
            scene.runner.log.text.contains("VM \(scene.vm) is no longer on network net-a"),
            "\(scene.runner.log.text)")
    }

    @Test("an old container that somebody has renamed goes as well: the VM holds what it holds")
    func oldRenamed() throws {
        scene.before({ $0.path.hasSuffix("/update") }) {
            let old = try #require(
                scene.docker.state.containers.firstIndex { $0.name.contains(".old-") })
            scene.docker.state.containers[old].name = "stranger"
        }
        _ = try scene.attach()
        #expect(scene.docker.state.containers.map(\.name) == [scene.vm])
        #expect(!scene.runner.log.text.contains("has run since"))
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("a replacement that somebody has renamed is not called stopped")
    func replacementRenamed() throws {
        scene.before({ $0.path.hasSuffix("/update") }) {
            let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
            scene.docker.state.containers[index].name = "stranger"
        }
        _ = try? scene.attach()
        let log = scene.runner.log.text
        #expect(
            !log.contains("has stopped meanwhile") && log.contains("renamed or removed"), "\(log)")
    }

    @Test(
        "a VM that is stopped keeps its MAC, which Docker 28 shows of running ones alone",
        arguments: [true, false])
    func macOfStopped(hasJournal: Bool) throws {
        scene.docker.apiVersion = "1.51"
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        let mac = scene.docker.state.containers[index].endpoints["net-a"]?.pinnedMAC
        try engine.stopContainer(scene.vm, seconds: 0)
        if !hasJournal { try scene.runner.loseJournal() }
        _ = try scene.attach()
        #expect(mac != nil && scene.container?.endpoints["net-a"]?.pinnedMAC == mac)
    }

    @Test(
        "an image that somebody has committed under the VM's name stays, whatever the VM goes through"
    )
    func ownImage() throws {
        try engine.commitContainer(
            scene.vm, repository: scene.vm, tag: "before-upgrade", labels: [:])
        _ = try scene.attach()
        _ = try scene.detach()
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.imageTags.contains("\(scene.vm):before-upgrade"))
    }

    @Test("an image that somebody has given the committed image's name is not run")
    func tagged() throws {
        scene.before(isCreate) {
            let name = "\(scene.vm):"
            let committed = try #require(
                scene.docker.state.images.firstIndex { $0.tags.contains { $0.hasPrefix(name) } })
            let tags = scene.docker.state.images[committed].tags
            scene.docker.state.images[committed].tags = []
            let stemcell = try #require(
                scene.docker.state.images.firstIndex { $0.tags.contains(scene.stemcell) })
            scene.docker.state.images[stemcell].tags += tags
        }
        let before = scene.container?.id
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("is not what was committed") == true, "\(failure)")
        #expect(scene.container?.id == before && scene.container?.isRunning == true)
        #expect(scene.read(Scene.layerFile) != nil)
    }

    @Test(
        "a file that a commit would take for a removal, written while the VM still ran, is seen after the stop"
    )
    func whiteout() throws {
        scene.before({ $0.path.hasSuffix("/stop") }) { [scene] in
            scene.put("odd", "/opt/.wh.conf")
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(failure?.message.contains("has the file /opt/.wh.conf") == true, "\(failure)")
        #expect(failure?.message.contains("everything is as it was before") == true, "\(failure)")
        #expect(scene.container?.isRunning == true && scene.read("/opt/.wh.conf") == "odd")
    }

    @Test("another VM's container that gets the VM's name is no operation that has taken over")
    func renamed() throws {
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let second = try #require(answer.array?.first?.string)
        let old = try #require(scene.container).id
        scene.before({ $0.path.hasSuffix("/rename") && $0.query.contains { $0.value == scene.vm } })
        {
            try engine.renameContainer(second, to: scene.vm)
        }
        let failure = #expect(throws: CallFailure.self) { try scene.attach() }
        let words = "a container that is not of VM \(scene.vm) has its name"
        #expect(
            failure?.message.contains("What is true now could not be seen: \(words)") == true,
            "\(failure)")
        let blocked = #expect(throws: CallFailure.self) { try scene.attach() }
        #expect(blocked?.message.contains(words) == true, "\(blocked)")
        let orphan = try scene.runner.orphans(journal: true).first { $0.name.contains(".old-") }
        #expect(orphan?.command.hasPrefix("cpi-admin recover") == true, "\(orphan)")
        try engine.renameContainer(scene.vm, to: second)
        try scene.runner.recover()
        #expect(scene.container?.id == old && scene.container?.isRunning == true)
        #expect(try scene.runner.journal().open().isEmpty)
    }

    @Test("recovery that goes back says what is not as before")
    func differences() throws {
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/commit") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        let index = try #require(scene.docker.state.index(ofContainer: scene.vm))
        scene.docker.state.containers[index].endpoints = [:]
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let open = try #require(try recovery.cases(nil).first)
        let words = try recovery.settle(open).words
        #expect(words == "rolled back, but it is no longer on network net-a")
    }

    /// Both are killed, and leave the VM.
    private func beginAttachAndDeletion() {
        scene.docker.onRequest = { _, request in request.path.hasSuffix("/commit") ? .kill : nil }
        _ = try? scene.attach()
        scene.docker.revive()
        scene.docker.onRequest = { _, request in request.method == "DELETE" ? .killAfter : nil }
        _ = try? scene.runner.call("delete_vm", [.string(scene.vm)])
        scene.docker.revive()
    }

    @Test("recovery of what was open before a deletion does not delete what nobody was shown")
    func deletionShown() throws {
        beginAttachAndDeletion()
        #expect(scene.container != nil)
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let cases = try recovery.cases(nil)
        #expect(cases.map(\.operation.method) == ["delete_vm", "attach_disk"])
        let (deletion, attach) = (try #require(cases.first), try #require(cases.last))
        #expect(attach.waitsFor == "operation \(deletion.operation.id) (delete_vm)")
        let failure = #expect(throws: CPIError.self) { try recovery.settle(attach) }
        #expect(
            failure?.message.contains(
                "operation \(deletion.operation.id) (delete_vm) has begun on it; next: "
                    + "cpi-admin recover \(deletion.operation.id)") == true, "\(failure)")
        #expect(scene.container != nil && recovery.isOpen(attach))
        #expect(deletion.action?.contains("is there still") == true, "\(deletion)")
        _ = try recovery.settle(deletion, .forward)
        #expect(scene.container == nil && !recovery.isOpen(attach))
    }

    @Test("what waits for a deletion that is closed waits no longer")
    func deletionClosed() throws {
        beginAttachAndDeletion()
        let recovery = try scene.runner.operatorRecovery(journal: true)
        let (deletion, attach) = (
            try #require(recovery.cases(nil).first), try #require(recovery.cases(nil).last)
        )
        _ = try recovery.settle(deletion)
        #expect(scene.container != nil && recovery.isOpen(attach))
        let now = recovery.lookAgain(attach, nil)
        #expect(now.waitsFor == nil && now.action != nil, "\(now)")
        _ = try recovery.settle(now)
        #expect(!recovery.isOpen(attach))
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("an image that Docker commits when its VM has been deleted makes no VM again")
    func lateCommit() throws {
        scene.docker.onRequest = { _, request in
            request.path.hasSuffix("/commit") ? .killLate : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        // delete_vm has seen no image by then.
        scene.before({ $0.method == "DELETE" && $0.path.contains("/containers/") }) {
            try scene.docker.catchUp()
        }
        _ = try scene.runner.call("delete_vm", [.string(scene.vm)])
        scene.docker.onRequest = nil
        #expect(scene.docker.state.images.allSatisfy { $0.labels[Label.vm]?.isEmpty != false })
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(scene.docker.settledInvariants() == [])
    }

    @Test("a VM whose deletion has begun is not brought back by what was open about it before")
    func deleted() throws {
        scene.docker.onRequest = { _, request in
            let isLast = request.query.contains { $0.value == scene.vm }
            return request.path.hasSuffix("/rename") && isLast ? .killAfter : nil
        }
        _ = try? scene.attach()
        scene.docker.revive()
        var removed = 0
        scene.docker.onRequest = { _, request in
            guard request.method == "DELETE", request.path.contains("/containers/") else {
                return nil
            }
            removed += 1
            return removed == 2 ? .killAfter : nil
        }
        _ = try? scene.runner.call("delete_vm", [.string(scene.vm)])
        scene.docker.revive()
        #expect(try scene.runner.journal().open().count == 2)
        // Whoever comes next to the disk.
        let answer = try scene.create(
            agent: "agent-2", networks: ["d": Scene.network("net-a", "10.1.0.6")])
        let second = try #require(answer.array?.first)
        _ = try scene.runner.call("attach_disk", [second, .string(scene.disk)])
        #expect(try scene.runner.journal().open().isEmpty)
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        #expect(scene.docker.settledInvariants() == [])
    }
}
