import Engine
import Testing

@testable import CPI
@testable import Support

@Suite("An agent is up when it runs and has its message bus")
struct AgentProbeTests {
    static let nats = #"{"mbus":"nats://user:pass@10.0.0.6:4222"}"#
    static let header =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

    private func output(
        running: Bool = true, update: String = "", settings: String = nats, hosts: String = "",
        before: [String]? = nil, _ sockets: String...
    ) -> String {
        (running ? "running\n" : "")
            + "-- update\n\(update)\n-- settings\n\(settings)\n-- hosts\n\(hosts)\n-- sockets\n"
            + ([Self.header] + (before ?? sockets)).joined(separator: "\n") + "\n-- again\n"
            + ([Self.header] + sockets).joined(separator: "\n") + "\n"
    }

    private let established =
        "   1: 0300010A:C350 0600000A:107E 01 00000000:00000000 02:00000B2E 00000000     0        0 41"
    private let other =
        "   2: 0300010A:C350 0700000A:107E 01 00000000:00000000 02:00000B2E 00000000     0        0 42"
    private let connecting =
        "   3: 0300010A:C350 0600000A:107E 02 00000000:00000001 01:00000B2E 00000000     0        0 43"
    private let listening6 =
        "   0: 00000000000000000000000000000000:1AA4 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 44"
    private let mapped =
        "   0: 0000000000000000FFFF00000300010A:C350 0000000000000000FFFF00000600000A:107E 01 00000000:00000000 00:00000000 00000000     0        0 45"

    @Test("an established connection to the bus, in tcp or as a mapped address in tcp6")
    func established4() {
        #expect(AgentProbe.showsAgent(output(established)))
        #expect(AgentProbe.showsAgent(output(mapped)))
    }

    @Test("a connection that is being made, to somebody else, or none, is not enough")
    func notYet() {
        #expect(!AgentProbe.showsAgent(output(connecting)))
        #expect(!AgentProbe.showsAgent(output(other)))
        #expect(!AgentProbe.showsAgent(output(listening6)))
        #expect(!AgentProbe.showsAgent(output()))
    }

    @Test("without its process it is not up, whatever is connected")
    func noProcess() {
        #expect(!AgentProbe.showsAgent(output(running: false, established)))
        #expect(!AgentProbe.showsAgent(""))
        #expect(!AgentProbe.showsAgent("sh: not found\nrunning\n"))
    }

    @Test("an https bus is one that it listens for")
    func https() {
        let settings = #"{"mbus":"https://vcap:pass@0.0.0.0:6820"}"#
        #expect(AgentProbe.showsAgent(output(settings: settings, listening6)))
        #expect(!AgentProbe.showsAgent(output(settings: settings, established)))
    }

    @Test("a connection that does not last, to a bus that refuses it, is not enough")
    func refused() {
        #expect(!AgentProbe.showsAgent(output(before: [], established)))
        #expect(!AgentProbe.showsAgent(output(before: [established])))
        #expect(!AgentProbe.showsAgent(output(before: [other], established)))
    }

    @Test("a bus with a name is known by the addresses that the VM finds for it")
    func resolved() {
        let settings = #"{"mbus":"nats://user:p@ss@nats.service"}"#
        let hosts = "nats.service 10.0.0.6\nnats.service fd00::6\nelse 10.0.0.7"
        #expect(AgentProbe.showsAgent(output(settings: settings, hosts: hosts, established)))
        #expect(!AgentProbe.showsAgent(output(settings: settings, hosts: hosts, other)))
        // Root in the VM may print anything.
        #expect(
            AgentProbe.showsAgent(output(settings: settings, hosts: "nats.service", established)))
        let six = #"{"mbus":"nats://[fd00::6]:4222"}"#
        let line =
            "   0: 000000FD000000000000000003000000:C350 000000FD000000000000000006000000:107E 01 0:0"
        #expect(AgentProbe.showsAgent(output(settings: six, line)))
        let another = line.replacing("06000000:107E", with: "07000000:107E")
        #expect(!AgentProbe.showsAgent(output(settings: six, another)))
    }

    @Test("a bus with a name that nobody has resolved is known by its port")
    func name() {
        let settings = #"{"mbus":"nats://user:pass@nats.service:4222"}"#
        #expect(AgentProbe.showsAgent(output(settings: settings, other)))
        #expect(!AgentProbe.showsAgent(output(settings: settings, listening6)))
    }

    @Test("env.bosh wins over the CPI's bus, and what the director told last over both")
    func precedence() {
        let env =
            #"{"mbus":"nats://a:b@10.9.9.9:1","env":{"bosh":{"mbus":{"urls":["nats://c:d@10.0.0.6:4222"]}}}}"#
        #expect(AgentProbe.showsAgent(output(settings: env, established)))
        let update = #"{"mbus":{"urls":["nats://c:d@10.0.0.7:4222"]}}"#
        #expect(AgentProbe.showsAgent(output(update: update, settings: env, other)))
        #expect(!AgentProbe.showsAgent(output(update: update, settings: env, established)))
        #expect(
            AgentProbe.showsAgent(
                output(update: #"{"mbus":{"urls":[]}}"#, settings: env, established)))
    }

    @Test("several addresses: one is enough")
    func several() {
        let env =
            #"{"env":{"bosh":{"mbus":{"urls":["nats://10.9.9.9:4222","nats://10.0.0.6:4222"]}}}}"#
        #expect(AgentProbe.showsAgent(output(settings: env, established)))
    }

    @Test(
        "where no bus is known, running is all there is to see", arguments: ["", "{}", "not json"])
    func noBus(settings: String) {
        #expect(AgentProbe.showsAgent(output(settings: settings)))
        #expect(!AgentProbe.showsAgent(output(running: false, settings: settings)))
    }

    @Test("what asks for it and what answers fit together")
    func throughDocker() throws {
        let scene = try Scene()
        try scene.makeVM()
        try scene.makeDisk()
        _ = try scene.attach()
        #expect(!scene.runner.log.text.contains("is not up"))
        scene.docker.agentIsUp = false
        _ = try scene.detach()
        #expect(
            scene.runner.log.text.contains("the agent of VM \(scene.vm) is not up after 60 seconds")
        )
        #expect(scene.runner.time.elapsed >= 60)
    }

    private func world(_ scene: Scene) throws -> World {
        let runner = scene.runner
        let store = JournalStore(nil, clock: runner.time.clock, logger: runner.logger)
        let recorder = Recorder(store, id: "0")
        return World(
            engine: scene.docker.engine,
            configuration: try Configuration(runner.configuration),
            request: CallContext(director: nil, requestID: nil, isVersion2: true),
            operation: "0", recorder: recorder,
            locks: Locks(nil, shared: nil, logger: runner.logger), logger: runner.logger,
            clock: runner.time.clock, sleep: runner.time.sleep)
    }

    /// What may go wrong with one request of the probe and says nothing about the agent.
    static let passing: [FakeDocker.Fault] = [
        .status(500, "boom"), .status(503, "busy"), .lostReply, .beforeSending,
    ]

    @Test("a request of the probe that is not answered is asked again", arguments: passing)
    func unanswered(fault: FakeDocker.Fault) throws {
        for path in ["/exec", "/start", "/json"] {
            let scene = try Scene()
            try scene.makeVM()
            try scene.makeDisk()
            var faults = 0
            var isProbing = false
            scene.docker.onRequest = { _, request in
                if request.path.hasSuffix("/exec"), case .bytes(let body, _) = request.body {
                    isProbing = String(decoding: body, as: UTF8.self).contains("-- sockets")
                }
                guard isProbing, request.path.contains("/exec"), request.path.hasSuffix(path),
                    faults < 3
                else { return nil }
                faults += 1
                return fault
            }
            _ = try scene.attach()
            #expect(faults == 3, "\(path)")
            #expect(!scene.runner.log.text.contains("is not up"))
            #expect(try scene.runner.lastOperation().state == .done)
            #expect(scene.docker.settledInvariants() == [])
        }
    }

    @Test("at the deadline what was never answered is not up, and no error", arguments: passing)
    func unansweredForEver(fault: FakeDocker.Fault) throws {
        let scene = try Scene()
        try scene.makeVM()
        scene.docker.onRequest = { _, request in
            request.path.contains("/exec") ? fault : nil
        }
        let probe = AgentProbe(world: try world(scene))
        #expect(try probe.wait(scene.vm, seconds: 5) == false)
        #expect(scene.runner.time.elapsed >= 5)
        let container = try #require(try probe.world.engine.container(scene.vm))
        #expect(try !probe.isAgentUp(container), "one look finds out as little")
        scene.docker.onRequest = { _, _ in .status(400, "never") }
        #expect(throws: EngineError.self) { try probe.wait(scene.vm, seconds: 5) }
    }
}
