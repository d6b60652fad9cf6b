import Foundation
import Testing

@testable import Engine

/// The world that dev/go-world makes. It goes with the rig.
struct GoWorld {
    let rig: Rig
    let stemcell: String
    let vm: String
    let disk: String
    let network: String

    /// `disk`: one that is there already; it is not removed with the rig.
    init(
        _ rig: Rig, attached: Bool = false, stemcell: String? = nil, disk existing: String? = nil
    ) throws {
        self.rig = rig
        let image = try stemcell ?? GoWorld.importStemcell(rig)
        self.stemcell = image
        let subnet = "247.\(Rig.subnets.next())"
        let text = try GoWorld.run(
            rig, ["vm", image, subnet] + (attached ? ["attached"] : []), disk: existing)
        let made = try JSON(parsing: text.utf8)
        vm = try #require(made["vm"].string)
        disk = try #require(made["disk"].string)
        network = try #require(made["network"].string)
        let (vm, disk, network) = (vm, disk, network)
        rig.later { _ = try? rig.call("delete_vm", [.string(vm)]) }
        rig.later(.disks) { _ = try? rig.call("delete_disk", [.string(disk)]) }
        rig.later(.networks) {
            try? rig.engine.removeNetwork(network)
            // The rig's own is every test's.
            guard image != rig.stemcell else { return }
            _ = try? rig.call("delete_stemcell", [.string(image)])
        }
        try rig.awaitAgent(vm)
    }

    static func importStemcell(_ rig: Rig) throws -> String {
        try run(rig, ["stemcell", StemcellTrait.image])
    }

    private static func run(_ rig: Rig, _ words: [String], disk: String? = nil) throws -> String {
        let run = try command(rig, words, disk: disk)
        try #require(run.exitCode == 0, "dev/go-world: \(run.stderr)")
        return run.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What the Go CPI would do: `delete-vm VM`, `delete-disk DISK`, and what makes its world.
    static func command(_ rig: Rig, _ words: [String], disk: String? = nil) throws -> Command.Result
    {
        try Command.run(
            Rig.root + "/dev/go-world", words,
            environment: [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": rig.dockerHost,
                "MBUS": "https://agent:top-secret@0.0.0.0:6868", "DISK": disk ?? "",
            ])
    }

    /// attach_disk or detach_disk, by a director whose stemcell has this API version.
    func call(_ version: Int, _ method: String) throws -> JSON {
        var request = try JSON(
            parsing: Rig.request(method, [.string(vm), .string(disk)]))
        request["context"]["vm"]["stemcell"]["api_version"] = .integer(Int64(version))
        let answer = try rig.send(request.bytes)
        try #require(answer.json["error"].isNull, "\(answer.stdout)\(answer.stderr)")
        return answer.result
    }

    /// What its agent reads in its settings.
    func disksInSettings() throws -> [JSON] {
        let text = try rig.shell(vm, "cat /var/vcap/bosh/warden-cpi-agent-env.json")
        let settings = try JSON(parsing: text.utf8)
        #expect(settings["env"]["bosh"]["group"] == "go-world")
        return (settings["disks"]["persistent"].object ?? [:]).keys.sorted().map(JSON.string)
    }

    /// Its container is another one, and all that is the VM's is the same.
    func checkSame(as before: Container) throws {
        let now = try rig.engine.inspectContainer(vm)
        #expect(now.id != before.id)
        for key in ["Cmd", "ExposedPorts", "Hostname"] {
            #expect(now.json["Config"][key] == before.json["Config"][key], "\(key)")
        }
        let (env, itsEnv) = (now.json["Config"]["Env"], before.json["Config"]["Env"])
        // podman shows it in another order each time.
        let hasNoOrder = try TestEngine.isPodman
        #expect(hasNoOrder ? env.sortedTexts == itsEnv.sortedTexts : env == itsEnv)
        for key in ["Privileged", "PublishAllPorts", "NetworkMode"] {
            #expect(now.json["HostConfig"][key] == before.json["HostConfig"][key], "\(key)")
        }
        #expect(Array(now.endpoints.keys) == [network])
        for key in ["IPAddress", "MacAddress"] {
            #expect(now.endpoints[network]?[key] == before.endpoints[network]?[key], "\(key)")
        }
        #expect(now.mounts.contains { $0.name == "vol-eph-\(vm)" })
        #expect(try rig.leftovers(["vol-eph-\(vm)"]).count == 1)
    }
}

extension JSON {
    fileprivate var sortedTexts: [String] { (array ?? []).compactMap(\.string).sorted() }
}
