import Foundation
import Testing

@testable import Engine

/// Somebody else with a Docker client, who knows nothing of a CPI.
struct Outsider {
    let engine: Engine

    func start(_ id: String) throws { try engine.post("/containers/\(id)/start") }
    func stop(_ id: String) throws { try engine.post("/containers/\(id)/stop", [("t", "2")]) }
    func kill(_ id: String) throws { try engine.post("/containers/\(id)/kill") }
    func pause(_ id: String) throws { try engine.post("/containers/\(id)/pause") }
    func unpause(_ id: String) throws { try engine.post("/containers/\(id)/unpause") }
    func restart(_ id: String) throws { try engine.post("/containers/\(id)/restart", [("t", "2")]) }
    func remove(_ id: String) throws { try engine.delete("/containers/\(id)", [("force", "1")]) }

    func rename(_ id: String, to name: String) throws {
        try engine.post("/containers/\(id)/rename", [("name", name)])
    }

    /// `docker container prune -f`, which is the first half of `docker system prune -f`.
    func pruneContainers() throws { try engine.post("/containers/prune") }

    /// `docker image prune -a -f`; the stemcell is kept for other tests by a container of its own.
    func pruneImages(sparing stemcell: String) throws {
        let body: JSON = ["Image": .string(stemcell), "Cmd": ["true"]]
        let holder = try engine.post("/containers/create", [], body)["Id"].string ?? ""
        defer { try? remove(holder) }
        try engine.post("/images/prune", [("filters", #"{"dangling":["false"]}"#)])
    }

    /// Writes a file into the root layer of a container that runs.
    func write(_ id: String, _ path: String) throws {
        let script = "echo written >'\(path)'; sync"
        let result = try engine.exec(id, ["/bin/sh", "-c", script], seconds: 30)
        try #require(result.exitCode == 0, "\(path): \(result.errors)")
    }

    /// Whether a container, running or not, has the file.
    func has(_ id: String, _ path: String) throws -> Bool {
        try engine.readFile(id, path: path) != nil
    }

    /// Whether a container made from the image would have the file.
    func image(_ name: String, has path: String) throws -> Bool {
        // Labels are handed down, and this is no container of the VM.
        let labels: JSON = ["io.bosh.vm": "", "io.bosh.cpi.operation": "", "io.bosh.replaces": ""]
        let body: JSON = ["Image": .string(name), "Cmd": ["true"], "Labels": labels]
        let container = try engine.post("/containers/create", [], body)["Id"].string ?? ""
        defer { try? remove(container) }
        return try has(container, path)
    }
}

extension Rig {
    /// A network without fixed addresses: two containers of one VM can run at once.
    func dynamicNetwork() throws -> JSON {
        let subnet = Rig.subnets.next()
        let name = "cpi-e2e-\(subnet)"
        later(.networks) { [engine] in try? engine.removeNetwork(name) }
        try engine.createNetwork([
            "Name": .string(name),
            "IPAM": ["Config": [["Subnet": .string("10.246.\(subnet).0/24")]]],
        ])
        return ["type": "dynamic", "cloud_properties": ["name": .string(name)]]
    }

    /// One more configuration, with a journal of its own: its path.
    func otherConfiguration(_ name: String, _ change: (inout JSON) -> Void = { _ in }) throws
        -> String
    {
        var other = configuration
        other["Actions"]["Docker"]["host"] = directHost
        other["journal"]["directory"] = .string("\(directory)/journal-\(name)")
        change(&other)
        let path = "\(directory)/\(name).json"
        try Data(other.bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// What SQL finds in the journal.
    func query(_ sql: String) throws -> String {
        let run = try Command.run("/usr/bin/env", ["sqlite3", journalPath, sql])
        try #require(run.exitCode == 0, "\(run.stderr)")
        return run.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Machine {
    private static let locks = "/var/tmp/docker_cpi.locks"

    /// The words before a command on this machine that cannot see the locks of the others.
    static let blind = [
        "unshare", "--mount", "sh", "-c",
        "mkdir -p -m 700 \(locks) && mount -t tmpfs -o mode=700 tmpfs \(locks) && exec \"$@\"",
        "sh",
    ]

    static let name = "custody-host"

    /// The words before a command that give this machine a name to be known by.
    static let named = ["unshare", "--uts", "sh", "-c", "hostname \(name) && exec \"$@\"", "sh"]
}
