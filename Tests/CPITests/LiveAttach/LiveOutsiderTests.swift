import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("What somebody else does to a disk that comes or goes while the VM runs")
struct LiveOutsiderTests {
    let scene: Scene
    var pin: String { "\(scene.disk).pin" }

    init() throws {
        scene = try Scene()
        scene.runner.configuration["attach"] = "auto"
        try scene.makeVM()
        try scene.makeDisk()
    }

    private func isPinUp() -> Bool? { scene.docker.state.container(pin)?.isRunning }

    /// As `docker stop $(docker ps --quiet)` does it, and a daemon that was killed.
    private func stopAll() throws {
        for name in [scene.vm, pin] {
            _ = try scene.docker.apart {
                try scene.docker.transport(Request("POST", "/v1.45/containers/\(name)/stop"))
            }
        }
        try #require(isPinUp() == false)
    }

    /// Does something right before the first request of that kind, once.
    private func before(_ request: String, _ act: @escaping () throws -> Void) {
        scene.before(
            { sent in
                let query = sent.query.map { "?\($0.name)=\($0.value)" }.joined()
                return (sent.summary + query).contains(request)
            }, act)
    }

    @Test("reboot_vm starts the pins of its disks: a prune would take what the VM has mounted")
    func reboot() throws {
        _ = try scene.attach()
        try stopAll()
        try scene.runner.call("reboot_vm", [.string(scene.vm)])
        #expect(scene.isAttachedLive)
        #expect(isPinUp() == true)
    }

    @Test(
        "a pin that was stopped is no interrupted attach_disk: recovery starts it, and the disk stays"
    )
    func stoppedPin() throws {
        _ = try scene.attach()
        try stopAll()
        try scene.docker.apart {
            _ = try scene.docker.transport(Request("POST", "/v1.45/containers/\(scene.vm)/start"))
        }
        try scene.loseJournal()
        let words = "does not run, and VM \(scene.vm) has the disk"
        #expect(try scene.runner.orphans().contains { $0.reason.hasPrefix("\(pin) \(words)") })
        let recovery = try scene.runner.operatorRecovery(journal: false)
        for one in try recovery.casesFromDocker(olderThan: 0).cases { _ = try recovery.settle(one) }
        #expect(scene.isAttachedLive)
        #expect(isPinUp() == true)
    }

    @Test("a VM that is started while its disk is detached has it no more")
    func startedMeanwhile() throws {
        _ = try scene.attach()
        try scene.docker.apart {
            _ = try scene.docker.transport(Request("POST", "/v1.45/containers/\(scene.vm)/stop"))
        }
        before("/archive?path=/") {
            _ = try scene.docker.transport(Request("POST", "/v1.45/containers/\(scene.vm)/start"))
        }
        _ = try scene.detach()
        let container = try #require(scene.container)
        #expect(container.isRunning && !container.live.contains(scene.disk))
    }

    @Test(
        "another machine gives the disk to another VM before it is mounted, or before the pin is started",
        arguments: ["/exec", "/start"])
    func givenAway(_ request: String) throws {
        let made = try scene.create(agent: "agent-2", networks: Scene.dynamicNetwork)
        let vm = try #require(made.array?.first?.string)
        let other = try CallRunner(scene.docker)
        other.configuration["attach"] = "auto"
        var isDone = false
        scene.docker.onRequest = { _, sent in
            guard !isDone, sent.path.hasSuffix(request), scene.docker.state.container(pin) != nil
            else { return nil }
            isDone = true
            scene.docker.apart {
                _ = try? other.call("detach_disk", [.string(scene.vm), .string(scene.disk)])
                _ = try? other.call("attach_disk", [.string(vm), .string(scene.disk)])
            }
            return nil
        }
        let failure = #expect(throws: CallFailure.self) { _ = try scene.attach() }
        #expect(failure?.message.contains("at the same time") == true, "\(failure?.message ?? "")")
        #expect(scene.container?.live.contains(scene.disk) == false)
        #expect(scene.docker.state.container(vm)?.live.contains(scene.disk) == true)
        #expect(scene.docker.state.container(pin)?.labels[Label.pinnedTo] == vm)
    }

    @Test("a clock that is set back does not make the journal forget who has a disk without a pin")
    func clockSetBack() throws {
        scene.runner.time.sleep(7_200)
        _ = try scene.attach()
        _ = try scene.detach()
        scene.runner.time.sleep(-3_600)
        _ = try scene.attach()
        scene.docker.state.containers.removeAll { $0.name == pin }
        let other = try scene.create(agent: "agent-2", networks: Scene.dynamicNetwork)
        let vm = try #require(other.array?.first)
        let failure = #expect(throws: CallFailure.self) {
            try scene.runner.call("attach_disk", [vm, .string(scene.disk)])
        }
        #expect(failure?.message.contains("VM \(scene.vm) has it mounted") == true)
    }

    @Test(
        "a disk that is removed a moment before Docker would mount it is not found, and no empty one stays",
        arguments: ["live", "replaced", "created"])
    func removed(_ way: String) throws {
        if way != "live" { scene.runner.configuration["attach"] = "restart" }
        let old = scene.container?.id
        before("POST /v1.45/containers/create") { scene.docker.state.volumes[scene.disk] = nil }
        let failure = #expect(throws: CallFailure.self) {
            if way == "created" {
                _ = try scene.create(
                    agent: "agent-2", networks: Scene.dynamicNetwork, disks: [scene.disk])
            } else {
                _ = try scene.attach()
            }
        }
        #expect(
            failure?.message.contains("cannot find disk \(scene.disk)") == true,
            "\(failure?.message ?? "")")
        #expect(scene.docker.state.volumes[scene.disk] == nil)
        #expect(scene.container?.id == old && scene.container?.isRunning == true)
        #expect(isPinUp() == nil)
    }

    @Test(
        "another machine attaches it while it is detached: it says so, and the disk keeps its pin")
    func attachedAgain() throws {
        _ = try scene.attach()
        let other = try CallRunner(scene.docker)
        other.configuration["attach"] = "auto"
        before("DELETE /v1.45/containers") {
            try other.call("attach_disk", [.string(scene.vm), .string(scene.disk)])
        }
        let failure = #expect(throws: CallFailure.self) { _ = try scene.detach() }
        #expect(
            failure?.message.contains("again at the same time") == true, "\(failure?.message ?? "")"
        )
        #expect(scene.isAttachedLive)
        #expect(isPinUp() == true)
    }

    @Test("another machine detaches it while it is attached: the pin is made again")
    func detachedMeanwhile() throws {
        before("POST /v1.45/containers/\(pin)/start") {
            let index = try #require(scene.docker.state.index(ofContainer: pin))
            scene.docker.state.containers.remove(at: index)
        }
        _ = try scene.attach()
        #expect(scene.isAttachedLive)
        #expect(isPinUp() == true)
    }

    @Test("a pin of another machine that goes just as it is in the way is no obstacle")
    func pinGoes() throws {
        _ = try scene.attach()
        let theirs = try #require(scene.docker.state.container(pin))
        _ = try scene.detach()
        var creations = 0
        scene.docker.onRequest = { [scene, pin] _, sent in
            if sent.summary.contains("/containers/create") {
                creations += 1
                if creations == 1 { scene.docker.state.containers.append(theirs) }
            } else if creations == 1 {
                scene.docker.state.containers.removeAll { $0.name == pin }
            }
            return nil
        }
        _ = try scene.attach()
        #expect(creations == 2)
        #expect(scene.isAttachedLive)
        #expect(isPinUp() == true)
    }

    @Test("a container of an image that somebody has made of the VM is not the VM")
    func copy() throws {
        try scene.docker.apart {
            var commit = Request("POST", "/v1.45/commit")
            commit.query = [("container", scene.vm), ("repo", "forensics"), ("tag", "1")]
            _ = try scene.docker.transport(commit)
            var create = Request("POST", "/v1.45/containers/create")
            create.query = [("name", "forensics")]
            create.body = .bytes((["Image": "forensics:1"] as JSON).bytes, type: "application/json")
            try #require(try scene.docker.transport(create).status == 201)
        }
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(try scene.runner.call("has_vm", [.string(scene.vm)]) == false)
        try scene.runner.recover()
        try scene.runner.call("delete_vm", [.string(scene.vm)])
        #expect(scene.docker.state.container("forensics") != nil)
        #expect(scene.docker.state.container(scene.vm) == nil)
    }
}
