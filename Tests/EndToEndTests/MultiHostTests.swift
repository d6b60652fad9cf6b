import Foundation
import Testing

@testable import CPI
@testable import Engine

extension EndToEnd {
    /// Only with Engines of dev/engine, for it starts two more.
    @Suite(
        "One director, two Docker hosts",
        .enabled("needs Engines of dev/engine") {
            TestEngine.all.allSatisfy { $0.privateName != nil }
        }, .serialized)
    struct MultiHostTests {
        @Test("A call killed on one host is settled there, never on the other")
        func recovery() throws {
            let hosts = try Hosts()
            defer { hosts.remove() }
            let (rig, other) = (hosts.rigs[0], hosts.rigs[1])
            let proxy = try hosts.proxy()
            defer { proxy.stop() }
            let arguments = try hosts.killCreation(proxy)
            #expect(try other.leftovers(["vm-"]).count == 2)

            // The same call on the first host, by the same journal, has nothing to do with it.
            var same = try #require(arguments.array)
            same[1] = .string(rig.stemcell)
            let here = try hosts.call("create_vm", .array(same), on: rig.dockerHost)
            let vm = try #require(here.result.array?.first?.string, "\(here)")
            #expect(!here.stderr.contains("interrupted"), "\(here.stderr)")
            #expect(try other.leftovers(["vm-"]).count == 2)
            #expect(try rig.admin("recover").exitCode == 2)
            // The operator has the first host's configuration: the journal says where the other one is.
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.exitCode == 0, "\(recovered)")
            #expect(try other.leftovers(["vm-"]) == [])
            #expect(try rig.leftovers(["vm-"]).contains(vm))
            #expect(try hosts.call("delete_vm", [.string(vm)], on: rig.dockerHost).result.isNull)
            #expect(try rig.admin("recover").exitCode == 0)
        }

        @Test("The configured Docker does not answer: what was begun on another one is settled")
        func noneAtHome() throws {
            let hosts = try Hosts()
            defer { hosts.remove() }
            let (rig, other) = (hosts.rigs[0], hosts.rigs[1])
            let proxy = try hosts.proxy()
            defer { proxy.stop() }
            _ = try hosts.killCreation(proxy)
            let direct = rig.configuration
            defer { try? rig.save(direct) }
            var silent = direct
            silent["Actions"]["Docker"]["host"] = "unix:///nowhere/docker.sock"
            try rig.save(silent)
            #expect(try rig.admin("recover").exitCode == 2)
            let shown = try JSON(
                parsing: rig.admin("journal", "show", "last", "--json").stdout.utf8)
            #expect(shown["docker_trouble"].isNull && !shown["recovery"].isNull, "\(shown.text)")
            let recovered = try rig.admin("recover", "--yes")
            #expect(recovered.stdout.contains("done:"), "\(recovered)")
            // What is on the configured one was not seen.
            #expect(recovered.exitCode == 6, "\(recovered)")
            #expect(recovered.stderr.contains("/nowhere/docker.sock"), "\(recovered)")
            #expect(try other.leftovers(["vm-"]) == [])
            // Nothing is open any more: now there is no Docker to look at.
            #expect(try rig.admin("recover").exitCode == 6)
        }

        @Test("Another Docker at the recorded address: nothing is settled, and that is said")
        func otherDaemon() throws {
            let hosts = try Hosts()
            defer { hosts.remove() }
            let rig = hosts.rigs[0]
            let other = hosts.rigs[1]
            let path = rig.directory + "/proxy.sock"
            let proxy = try WireProxy(path, upstream: other.socket)
            _ = try hosts.killCreation(proxy)
            proxy.stop()
            let silent = try rig.admin("recover", "--yes")
            #expect(silent.exitCode == 6 && silent.stdout.contains(path), "\(silent)")
            #expect(silent.stdout.contains("recover it with that one's --config"), "\(silent)")
            let stranger = try WireProxy(path, upstream: rig.socket)
            let wrong = try rig.admin("recover", "--yes")
            stranger.stop()
            #expect(wrong.exitCode == 1 && wrong.stdout.contains("another one"), "\(wrong)")
            let right = try WireProxy(path, upstream: other.socket)
            defer { right.stop() }
            #expect(try rig.admin("recover", "--yes").exitCode == 0)
            #expect(try other.leftovers(["vm-"]) == [])
        }

        @Test(
            "Joined by a swarm: a VM on each host, on one overlay network, reach each other",
            .enabled("this kernel has no vxlan") { Hosts.hasVXLAN },
            .enabled("podman has no swarm") { try !TestEngine.isPodman })
        func swarm() throws {
            let hosts = try Hosts()
            defer { hosts.remove() }
            let network = try hosts.joinSwarm()
            var vms: [String] = []
            for (index, rig) in hosts.rigs.enumerated() {
                let entry: JSON = [
                    "type": "manual", "ip": .string("10.247.3.\(10 + index)"),
                    "netmask": "255.255.255.0", "gateway": "10.247.3.1",
                    "default": ["dns", "gateway"],
                    "cloud_properties": ["name": .string(network), "driver": "overlay"],
                ]
                let made = try hosts.call("create_vm", rig.vmArguments(entry), on: rig.dockerHost)
                let vm = try #require(made.result.array?.first?.string, "\(made)")
                vms.append(vm)
                rig.later { _ = try? hosts.call("delete_vm", [.string(vm)], on: rig.dockerHost) }
            }
            for (index, rig) in hosts.rigs.enumerated() {
                try rig.awaitAgent(vms[index])
                let there = "10.247.3.\(11 - index)"
                let seen = try rig.shell(vms[index], "ping -c 1 -w 20 \(there)")
                #expect(seen.contains(" 0% packet loss"), "\(seen)")
                #expect(
                    try hosts.call("has_vm", [.string(vms[index])], on: rig.dockerHost).result
                        == true)
                let other = hosts.rigs[1 - index].dockerHost
                #expect(try hosts.call("has_vm", [.string(vms[index])], on: other).result == false)
            }
            let managed: JSON = [
                "type": "manual", "range": "10.247.9.0/24", "gateway": "10.247.9.1",
                "cloud_properties": ["driver": "overlay"],
            ]
            let rig = hosts.rigs[1]
            let refused = try hosts.call("create_network", [managed], on: rig.dockerHost)
            #expect(refused.errorMessage.contains("manager"), "\(refused.stdout)")
            // A replacement on the worker keeps its place on the network.
            let disk = try hosts.call("create_disk", [64, [:], .null], on: rig.dockerHost).result
            let attached = try hosts.call(
                "attach_disk", [.string(vms[1]), disk], on: rig.dockerHost)
            #expect(attached.json["error"].isNull, "\(attached)")
            try rig.awaitAgent(vms[1])
            let again = try hosts.rigs[0].shell(vms[0], "ping -c 1 -w 20 10.247.3.11")
            #expect(again.contains(" 0% packet loss"), "\(again)")
        }
    }
}

/// Two private Engines, and one CPI whose configuration has the first: the second comes by cpi-config.
private final class Hosts: @unchecked Sendable {
    private let names = ["hosts-a", "hosts-b"]
    private let home: String
    private(set) var rigs: [Rig] = []

    init() throws {
        home = try #require(TestEngine.current).further("hosts")
        do {
            for name in names {
                let line = try TestEngine.dev(home, "start", name)
                let host = line.trimmingCharacters(in: .whitespacesAndNewlines)
                let engine = TestEngine(host: String(host.dropFirst("DOCKER_HOST=".count)))
                rigs.append(try Rig(on: engine))
            }
            for rig in rigs {
                let image: JSON = [
                    .string(StemcellTrait.image), ["name": "hosts", "version": "1"],
                ]
                let made = try call("create_stemcell", image, on: rig.dockerHost)
                rig.testEngine.stemcell = try #require(made.result.string, "\(made)")
            }
        } catch {
            remove()
            throw error
        }
    }

    /// By the first one's configuration, with a cpi-config entry for the host.
    func call(
        _ method: String, _ arguments: JSON, on host: String, started: (Int32) -> Void = { _ in }
    ) throws -> Answer {
        var request = try JSON(parsing: Rig.request(method, arguments))
        request["context"]["host"] = .string(host)
        return try rigs[0].send(request.bytes, started: started)
    }

    /// Between the CPI and the second host.
    func proxy() throws -> WireProxy {
        try WireProxy(rigs[0].directory + "/proxy.sock", upstream: rigs[1].socket)
    }

    /// A create_vm on the second host, through the proxy, that is killed when its container was started. Returns
    /// its arguments.
    func killCreation(_ proxy: WireProxy) throws -> JSON {
        let arguments = rigs[1].vmArguments(rigs[1].network())
        proxy.arm("/start", .killAfter)
        let killed = try call(
            "create_vm", arguments, on: "unix://" + proxy.path, started: proxy.aim)
        try #require(proxy.disarm() && killed.wasKilled, "\(killed)")
        return arguments
    }

    func remove() {
        rigs.forEach { $0.tearDown() }
        for name in names { _ = try? TestEngine.dev(home, "stop", name) }
    }

    /// The first is the manager, the second a worker. The attachable overlay network's name.
    func joinSwarm() throws -> String {
        let pair = try TestEngine.dev(home, "join", names[0], names[1]).split(
            whereSeparator: \.isWhitespace)
        try #require(pair.count == 2)
        let addresses = pair.map { JSON.string(String($0)) }
        func post(_ rig: Rig, _ path: String, _ body: JSON) throws {
            var request = Request("POST", path)
            request.body = .bytes(body.bytes, type: "application/json")
            _ = try rig.engine.send(request)
        }
        try post(
            rigs[0], "/swarm/init",
            ["ListenAddr": addresses[0], "AdvertiseAddr": addresses[0]])
        let token = try rigs[0].engine.get("/swarm")["JoinTokens"]["Worker"]
        try post(
            rigs[1], "/swarm/join",
            [
                "ListenAddr": addresses[1], "AdvertiseAddr": addresses[1],
                "RemoteAddrs": [.string("\(pair[0]):2377")], "JoinToken": token,
            ])
        try post(
            rigs[0], "/networks/create",
            [
                "Name": "bosh-overlay", "Driver": "overlay", "Attachable": true,
                "IPAM": ["Config": [["Subnet": "10.247.3.0/24", "Gateway": "10.247.3.1"]]],
            ])
        return "bosh-overlay"
    }

    static let hasVXLAN: Bool = {
        let script = "ip link add cpi-vx type vxlan id 4242 dstport 0 && ip link del cpi-vx"
        let run = try? Command.run("/usr/bin/env", ["unshare", "--net", "sh", "-c", script])
        return run?.exitCode == 0
    }()
}

extension TestEngine {
    /// `GET /info` of the test's own Engine, for another test may just have killed any other; before the tests, of
    /// the first. Nothing where there is none.
    static var anyInfo: JSON {
        get throws {
            guard let host = (current ?? all.first)?.host else { return [:] }
            return try Engine(try Address(host), timeout: 60).info()
        }
    }

    static var isPodman: Bool { get throws { try !anyInfo["BuildahVersion"].isNull } }

    /// The network that an Engine has from the start.
    static var defaultNetwork: String { get throws { try isPodman ? "podman" : "bridge" } }
}
