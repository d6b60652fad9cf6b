import Foundation
import Testing

@testable import Engine

/// A VM with a file in each place that can hold one, a disk, and what the VM was like before
/// anything happened to it.
struct Custody {
    let rig: Rig
    let vm: String
    let disk: String
    let before: Container
}

extension Custody {
    /// `script` runs in the VM before it is looked at. An attached disk is mounted by the agent as
    /// well, and has a file of its own.
    init(
        _ rig: Rig, network: JSON? = nil, properties: JSON = [:], attached: Bool = false,
        prepare script: String = "true"
    ) throws {
        let vm = try rig.makeVM(network ?? rig.network(), properties: properties)
        let disk = try rig.makeDisk()
        try rig.awaitAgent(vm)
        if attached {
            let hint = try rig.result("attach_disk", [.string(vm), .string(disk)]).string ?? ""
            try rig.awaitAgent(vm)
            try rig.mountInAgent(vm, disk, hint: hint)
            _ = try rig.shell(vm, "echo kept >/var/vcap/store/marker; sync")
        }
        _ = try rig.shell(
            vm, "\(script); echo kept >/etc/marker; echo kept >/var/vcap/data/marker; sync")
        self.init(rig: rig, vm: vm, disk: disk, before: try rig.engine.inspectContainer(vm))
    }

    var outsider: Outsider { Outsider(engine: rig.engine) }

    func arguments(_ method: String) -> JSON {
        ["attach_disk", "detach_disk"].contains(method)
            ? [.string(vm), .string(disk)] : [.string(vm)]
    }

    /// A call that meets what `arm` prepares; `act` is done at that moment.
    func call(
        _ method: String, _ arm: (WireProxy) -> Void, _ act: @escaping () throws -> Void = {}
    ) throws -> Answer {
        try meet(method, arguments(method), arm, act)
    }

    /// The same for a call with other arguments.
    func meet(
        _ method: String, _ arguments: JSON, _ arm: (WireProxy) -> Void,
        _ act: @escaping () throws -> Void = {}
    ) throws -> Answer {
        let (answer, isMet) = try strike(method, arguments, arm, act)
        try #require(isMet, "\(method) had no such request: \(answer)")
        return answer
    }

    /// The same for a call that may be over before it comes to that.
    func strike(
        _ method: String, _ arguments: JSON, _ arm: (WireProxy) -> Void,
        _ act: @escaping () throws -> Void
    ) throws -> (answer: Answer, isMet: Bool) {
        let name = "\(rig.directory)/\(UUID().uuidString.prefix(8)).sock"
        let proxy = try WireProxy(name, upstream: rig.socket)
        defer { proxy.stop() }
        proxy.countsExecs = rig.configuration["attach"] == "auto"
        var failure: Error?
        proxy.onFault = { do { try act() } catch { failure = error } }
        arm(proxy)
        let answer = try rig.through(proxy) {
            try rig.send(Rig.request(method, arguments), started: proxy.aim)
        }
        if let failure { throw failure }
        return (answer, proxy.disarm())
    }

    /// All containers of the VM, whatever their names.
    func containers() throws -> [Container] {
        try rig.engine.containers(["label": ["io.bosh.vm=\(vm)"]]).compactMap {
            try rig.engine.container($0.id)
        }
    }

    /// The one that is not the old one.
    func replacement() throws -> Container? { try containers().first { $0.id != before.id } }

    func running() throws -> [String] { try containers().filter(\.isRunning).map(\.id) }

    /// Whether an operation waits for a person.
    func isParked() throws -> Bool {
        let list = try JSON(parsing: rig.admin("journal", "list", "--json").stdout.utf8)
        return list["operations"].array?.contains { $0["state"].string == "parked" } ?? false
    }

    /// Recovery calls a person and leaves both containers where they are.
    func checkPerson(_ old: String, _ new: String) throws -> Command.Result {
        let running = try running()
        let recovered = try rig.admin("recover", "--yes")
        #expect(recovered.exitCode == 3, "\(recovered)")
        #expect(try isParked())
        #expect(Set(try containers().map(\.id)) == [old, new])
        #expect(try self.running() == running, "what ran runs on")
        return recovered
    }

    /// The VM runs under its CID, and is what it was.
    func check(at location: SourceLocation = #_sourceLocation) throws {
        let now = try rig.engine.container(vm)
        try #require(
            now?.isRunning == true, "VM \(vm) does not run under its name",
            sourceLocation: location)
        guard let now else { return }
        try rig.awaitAgent(vm)
        let files = try rig.shell(vm, "cat /etc/marker /var/vcap/data/marker")
        #expect(files == "kept\nkept", sourceLocation: location)
        #expect(Custody.addresses(now) == Custody.addresses(before), sourceLocation: location)
        for label in ["io.bosh.vm", "io.bosh.agent_id", "io.bosh.director"] {
            #expect(now.labels[label] == before.labels[label], sourceLocation: location)
        }
        let policy = now.json["HostConfig"]["RestartPolicy"]
        #expect(policy == before.json["HostConfig"]["RestartPolicy"], sourceLocation: location)
        let mounts = Custody.mounts(now)
        for (place, mount) in Custody.mounts(before) where place != "/warden-cpi-dev/\(disk)" {
            #expect(mounts[place] == mount, "\(place)", sourceLocation: location)
        }
        #expect(try running() == [now.id], sourceLocation: location)
    }

    /// Fixed addresses and the MACs of those; others may change.
    static func addresses(_ container: Container) -> [String: [String?]] {
        container.endpoints.compactMapValues {
            guard let address = $0["IPAMConfig"]["IPv4Address"].string else { return nil }
            return [address, $0["MacAddress"].string]
        }
    }

    /// By the place inside: what is mounted there, and how.
    static func mounts(_ container: Container) -> [String: [String]] {
        Dictionary(
            container.mounts.map { mount in
                let facts = [
                    mount.type, mount.name, mount.source, "\(mount.isReadOnly)", mount.propagation,
                ]
                return (mount.destination, facts)
            }, uniquingKeysWith: { one, _ in one })
    }
}

extension Custody {
    /// The same VM in a container that the CPI has not made so: `change` is made to its HostConfig.
    func remade(_ change: (inout JSON) -> Void) throws -> Custody {
        let (repository, tag) = ("custody-e2e", UUID().uuidString.lowercased())
        rig.later(.disks) { [rig] in try? rig.engine.removeImage("\(repository):\(tag)") }
        try rig.engine.post(
            "/commit", [("container", vm), ("repo", repository), ("tag", tag)], [:])
        var body = before.json["Config"]
        body["Image"] = .string("\(repository):\(tag)")
        body["HostConfig"] = before.json["HostConfig"]
        change(&body["HostConfig"])
        let endpoints = before.endpoints.mapValues { ["IPAMConfig": $0["IPAMConfig"]] as JSON }
        body["NetworkingConfig"] = ["EndpointsConfig": .object(endpoints)]
        try outsider.remove(vm)
        try rig.engine.post("/containers/create", [("name", vm)], body)
        try outsider.start(vm)
        try rig.awaitAgent(vm)
        return Custody(rig: rig, vm: vm, disk: disk, before: try rig.engine.inspectContainer(vm))
    }
}
