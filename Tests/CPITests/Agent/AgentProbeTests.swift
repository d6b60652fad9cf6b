import Testing

@testable import CPI
@testable import Support

@Suite("An agent is up when it runs and has its message bus")
struct AgentProbeTests {
    static let nats = #"{"mbus":"nats://user:pass@10.0.0.6:4222"}"#
    static let header =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

    private func output(
        running: Bool = true, update: String = "", settings: String = nats, _ sockets: String...
    ) -> String {
        (running ? "running\n" : "")
            + "-- update\n\(update)\n-- settings\n\(settings)\n-- sockets\n"
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
        #expect(AgentProbe.isUp(output(established)))
        #expect(AgentProbe.isUp(output(mapped)))
    }

    @Test("a connection that is being made, to somebody else, or none, is not enough")
    func notYet() {
        #expect(!AgentProbe.isUp(output(connecting)))
        #expect(!AgentProbe.isUp(output(other)))
        #expect(!AgentProbe.isUp(output(listening6)))
        #expect(!AgentProbe.isUp(output()))
    }

    @Test("without its process it is not up, whatever is connected")
    func noProcess() {
        #expect(!AgentProbe.isUp(output(running: false, established)))
        #expect(!AgentProbe.isUp(""))
        #expect(!AgentProbe.isUp("sh: not found\nrunning\n"))
    }

    @Test("an https bus is one that it listens for")
    func https() {
        let settings = #"{"mbus":"https://vcap:pass@0.0.0.0:6820"}"#
        #expect(AgentProbe.isUp(output(settings: settings, listening6)))
        #expect(!AgentProbe.isUp(output(settings: settings, established)))
    }

    @Test("a bus with a name is known by its port")
    func name() {
        let settings = #"{"mbus":"nats://user:pass@nats.service:4222"}"#
        #expect(AgentProbe.isUp(output(settings: settings, other)))
        #expect(!AgentProbe.isUp(output(settings: settings, listening6)))
    }

    @Test("env.bosh wins over the CPI's bus, and what the director told last over both")
    func precedence() {
        let env =
            #"{"mbus":"nats://a:b@10.9.9.9:1","env":{"bosh":{"mbus":{"urls":["nats://c:d@10.0.0.6:4222"]}}}}"#
        #expect(AgentProbe.isUp(output(settings: env, established)))
        let update = #"{"mbus":{"urls":["nats://c:d@10.0.0.7:4222"]}}"#
        #expect(AgentProbe.isUp(output(update: update, settings: env, other)))
        #expect(!AgentProbe.isUp(output(update: update, settings: env, established)))
        #expect(
            AgentProbe.isUp(output(update: #"{"mbus":{"urls":[]}}"#, settings: env, established)))
    }

    @Test("several addresses: one is enough")
    func several() {
        let env =
            #"{"env":{"bosh":{"mbus":{"urls":["nats://10.9.9.9:4222","nats://10.0.0.6:4222"]}}}}"#
        #expect(AgentProbe.isUp(output(settings: env, established)))
    }

    @Test(
        "where no bus is known, running is all there is to see", arguments: ["", "{}", "not json"])
    func noBus(settings: String) {
        #expect(AgentProbe.isUp(output(settings: settings)))
        #expect(!AgentProbe.isUp(output(running: false, settings: settings)))
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
}
