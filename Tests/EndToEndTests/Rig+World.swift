import Foundation
import Testing

@testable import Engine

/// The things that most tests need.
extension Rig {
    /// A network of the test's own: its name, and the request's entry for an address on it.
    func network(_ host: Int = 10) -> JSON {
        let subnet = Rig.subnets.next()
        return network(subnet, host)
    }

    func network(_ subnet: Int, _ host: Int) -> JSON {
        let name = "cpi-e2e-\(subnet)"
        later(.networks) { [engine] in try? engine.removeNetwork(name) }
        return [
            "type": "manual", "ip": .string("10.246.\(subnet).\(host)"), "netmask": "255.255.255.0",
            "gateway": .string("10.246.\(subnet).1"), "default": ["dns", "gateway"],
            "cloud_properties": ["name": .string(name)],
        ]
    }

    static let subnets = Counter()

    /// Arguments of create_vm.
    func vmArguments(
        _ network: JSON, properties: JSON = [:], disks: [String] = [], env: JSON = [:]
    ) -> JSON {
        [
            .string(UUID().uuidString), .string(stemcell), properties,
            ["default": network], JSON(disks), env,
        ]
    }

    func makeVM(_ network: JSON, properties: JSON = [:], disks: [String] = [], env: JSON = [:])
        throws
        -> String
    {
        try makeVM(arguments: vmArguments(network, properties: properties, disks: disks, env: env))
    }

    /// Makes a VM of create_vm's arguments, and deletes it at the end.
    func makeVM(arguments: JSON) throws -> String {
        let result = try result("create_vm", arguments)
        let vm = try #require(result.array?.first?.string)
        later { [self] in _ = try? call("delete_vm", [.string(vm)]) }
        return vm
    }

    func makeDisk(_ size: Int = 64) throws -> String {
        let disk = try #require(
            try result("create_disk", [.integer(Int64(size)), [:], .null]).string)
        later(.disks) { [self] in _ = try? call("delete_disk", [.string(disk)]) }
        return disk
    }

    /// What a director has the agent do after attach_disk.
    func mountInAgent(_ vm: String, _ disk: String, hint: String) throws {
        #expect(try agent(vm, "add_persistent_disk", disk, hint).exitCode == 0)
        let mounted = try agent(vm, "mount_disk", disk)
        #expect(mounted.exitCode == 0, "\(mounted.output)\(mounted.errors)")
    }

    /// A VM with a file in its root layer and a disk, and an attach_disk that dies at the first request
    /// with `text` in its line.
    func interruptedAttach(at text: String, _ fault: WireProxy.Fault = .killBefore) throws
        -> (vm: String, disk: String)
    {
        let vm = try makeVM(network())
        let disk = try makeDisk()
        try awaitAgent(vm)
        _ = try shell(vm, "echo kept >/etc/marker; sync")
        let proxy = try WireProxy(directory + "/proxy.sock", upstream: socket)
        defer { proxy.stop() }
        proxy.arm(text, fault)
        let request = Rig.request("attach_disk", [.string(vm), .string(disk)])
        let answer = try through(proxy) { try send(request, started: proxy.aim) }
        try #require(proxy.disarm() && answer.wasKilled, "\(answer)")
        return (vm, disk)
    }

    /// `cpi-admin recover` by what Docker shows alone, at any age.
    func recoverFromDocker() throws -> Command.Result {
        try admin("recover", "--from-docker", "--older-than", "0", "--yes")
    }

    /// Changes the journal by hand.
    func journal(_ sql: String) throws {
        let run = try Command.run("/usr/bin/env", ["sqlite3", journalPath, sql])
        try #require(run.exitCode == 0, "\(run.stderr)")
    }

    /// `journal show --json` of the newest operation of a method.
    func story(_ method: String) throws -> JSON {
        let list = try JSON(parsing: admin("journal", "list", "--json").stdout.utf8)
        let id = list["operations"].array?.first { $0["method"].string == method }?["id"].string
        return try JSON(parsing: admin("journal", "show", id ?? "", "--json").stdout.utf8)
    }

    /// Everything in Docker that is named for one of these, sorted.
    func leftovers(_ names: [String]) throws -> [String] {
        let containers = try engine.containers([:]).flatMap(\.names)
        let volumes = try engine.volumes([:]).map(\.name)
        let images = try engine.imageTags([:])
        return (containers + volumes + images).filter { found in
            names.contains { found.hasPrefix($0) }
        }.sorted()
    }
}
