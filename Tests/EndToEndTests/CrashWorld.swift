import Foundation
import Testing

@testable import Engine

/// One VM with files everywhere, and one disk with files of its own.
final class CrashWorld {
    let rig: Rig
    let network: JSON
    private(set) var vm = ""
    private(set) var disk = ""
    private(set) var problems: [String] = []
    private var before: Container?

    init(_ rig: Rig) {
        self.rig = rig
        network = rig.network()
    }

    /// All names of images before a light stemcell was made.
    private(set) var names: [String] = []
    var hasLostJournal = false

    /// create_stemcell's arguments, for an image in a registry of its own.
    func lightStemcell() throws -> JSON {
        let light = LightRig(rig: rig)
        let address = "127.0.0.1:\(10_000 + Rig.subnets.next())"
        try light.registry(address)
        let image = try light.push(address)
        names = try light.names()
        return try light.arguments([
            "name": "light", "version": "1", "image_reference": .string(image.reference),
            "digest": .string(image.digest),
        ])
    }

    /// A stemcell that was whole when its call was killed is for a person, and goes with what it stands on.
    func deleteUnanswered() throws {
        let listed = try JSON(parsing: rig.admin("orphans", "--json").stdout.utf8)
        for orphan in listed["orphans"].array ?? [] where orphan["kind"].string == "image" {
            try rig.result("delete_stemcell", [orphan["name"]])
        }
    }

    /// The name of the network that create_network is to make.
    var managed: String { (network["cloud_properties"]["name"].string ?? "") + "-managed" }

    /// create_network's argument.
    func networkDefinition() throws -> JSON {
        let address = network["gateway"].string ?? ""
        rig.later(.networks) { [engine = rig.engine, managed] in
            try? engine.removeNetwork(managed)
        }
        return [
            "type": "manual", "gateway": .string(address), "netmask_bits": 24,
            "cloud_properties": ["name": .string(managed)],
        ]
    }

    func loneDisk() throws -> String {
        disk = try rig.makeDisk()
        return disk
    }

    func goVMWithDisk(attached: Bool) throws -> String {
        let world = try GoWorld(rig, attached: attached)
        (vm, disk, group) = (world.vm, world.disk, "go-world")
        try fill(attached: attached)
        return vm
    }

    func vmWithDisk(attached: Bool) throws -> String {
        vm = try rig.makeVM(network, env: ["bosh": ["group": "crash"]])
        disk = try rig.makeDisk()
        try rig.awaitAgent(vm)
        if attached { try rig.result("attach_disk", [.string(vm), .string(disk)]) }
        try fill(attached: attached)
        return vm
    }

    private func fill(attached: Bool) throws {
        _ = try rig.shell(
            vm,
            "head -c 100000 /dev/urandom >/etc/root.bin; head -c 100000 /dev/urandom >/var/vcap/data/data.bin; sync"
        )
        sums = try rig.shell(vm, "cat /etc/root.bin /var/vcap/data/data.bin | sha256sum")
        if attached {
            try rig.awaitAgent(vm)
            _ = try rig.shell(
                vm, "head -c 100000 /dev/urandom >/warden-cpi-dev/\(disk)/disk.bin; sync")
            diskSum = try rig.shell(vm, "sha256sum </warden-cpi-dev/\(disk)/disk.bin")
        }
        before = try rig.engine.inspectContainer(vm)
    }

    private var sums = ""
    private var group = "crash"
    private var diskSum: String?

    func checkRuns(_ vm: String) throws {
        expect(try rig.engine.inspectContainer(vm).isRunning, "the VM does not run")
        try rig.awaitAgent(vm)
    }

    /// The invariants: the VM runs under its name with its files, address, MAC, labels and settings,
    /// the disk has its files, and nothing else is there.
    func checkVM(attached: Bool) throws {
        try checkRuns(vm)
        expect(
            try rig.shell(vm, "cat /etc/root.bin /var/vcap/data/data.bin | sha256sum") == sums,
            "files of the root layer or the ephemeral disk are not what they were")
        let container = try rig.engine.inspectContainer(vm)
        expect(address(container) == address(before), "another address: \(address(container))")
        // A VM of the Go CPI has no labels, and a replacement has an empty one then.
        let agents = [container, before].map { $0?.labels["io.bosh.agent_id"] ?? "" }
        expect(agents[0] == agents[1], "the labels are lost")
        let settings = try rig.shell(vm, "cat /var/vcap/bosh/warden-cpi-agent-env.json")
        expect(settings.contains("\"\(group)\""), "the agent's settings are lost")
        let mounted = try rig.result("get_disks", [.string(vm)])
        expect(mounted == (attached ? [.string(disk)] : []), "get_disks says \(mounted)")
        if attached, let diskSum {
            expect(
                try rig.shell(vm, "sha256sum </warden-cpi-dev/\(disk)/disk.bin") == diskSum,
                "files of the persistent disk are not what they were")
        }
        let allowed = [vm, "\(vm)-ephemeral", container.image]
        let extra = try rig.leftovers([vm, disk]).filter {
            !allowed.contains($0) && $0 != disk && ($0 != "\(disk).pin" || !attached)
        }
        expect(extra == [], "left over: \(extra)")
    }

    func expect(_ isTrue: Bool, _ otherwise: @autoclosure () -> String) {
        if !isTrue { problems.append(otherwise()) }
    }

    /// IP address and MAC. The Go CPI asks for no MAC: from 28 on Docker gives such a container another one
    /// at each start, a rollback's too.
    private func address(_ container: Container?) -> [String?] {
        let keys = group == "go-world" ? ["IPAddress"] : ["IPAddress", "MacAddress"]
        return (container?.endpoints.values.map { $0 } ?? []).flatMap { endpoint in
            keys.map { endpoint[$0].string }
        }
    }
}
