import Engine
import Foundation

@testable import CPI

/// The commands that the CPI runs inside a container.
extension FakeDocker {
    func execs(_ call: Call) throws -> Response {
        let id = call.parts.count > 1 ? call.parts[1] : ""
        guard let exec = state.execs[id] else { throw Refusal(404, "No such exec instance: \(id)") }
        switch (call.request.method, call.parts.last ?? "") {
        case ("POST", "start"):
            guard let index = state.index(ofContainer: exec.container),
                state.containers[index].isRunning
            else { throw refusalOfExec(exec.container) }
            if LiveCommand(exec.command) != nil { tell("exec in \(state.containers[index].name)") }
            let result = try run(exec.command, index)
            state.execs[id]?.exitCode = result.exitCode
            return Response(
                status: 200, headers: ["content-type": "application/vnd.docker.raw-stream"],
                body: FakeDocker.frame(result.output))
        case ("GET", "json"):
            return ok(["Running": false, "ExitCode": .integer(Int64(exec.exitCode))])
        default: throw NoSuchCall(request: call.request.summary)
        }
    }

    /// Of a container that does not run.
    private func refusalOfExec(_ id: String) -> Refusal {
        state.buildah == nil
            ? Refusal(409, "container \(id) is not running")
            : Refusal(
                500, "can only create exec sessions on running containers: container state improper"
            )
    }

    func prepareExec(_ index: Int, _ body: JSON) throws -> Response {
        let container = state.containers[index]
        guard container.isRunning else {
            throw refusalOfExec(container.id)
        }
        guard !container.isPaused else {
            throw Refusal(
                409, "Container \(container.id) is paused, unpause the container before exec")
        }
        let command = (body["Cmd"].array ?? []).compactMap(\.string)
        let id = state.newID()
        state.execs[id] = State.Exec(container: container.id, command: command)
        return ok(["Id": .string(id)], status: 201)
    }

    private func run(_ command: [String], _ index: Int) throws -> (output: String, exitCode: Int) {
        let container = state.containers[index]
        guard !startsNoCommands else {
            return ("OCI runtime exec failed: fork: resource temporarily unavailable\n", 126)
        }
        if command == ["cat", "/proc/self/mountinfo"] {
            return (FakeDocker.mountinfo(container), 0)
        }
        if command.last == InitLook.script { return ("", entryScriptEnds ? 0 : 1) }
        if let live = LiveCommand(command) { return run(live, index) }
        if command.count == 4, command[..<2] == ["mv", "-f"] {
            guard let content = state.containers[index].layer.removeValue(forKey: command[2]) else {
                return ("", 1)
            }
            state.containers[index].layer[command[3]] = content
            return ("", 0)
        }
        if command.count == 3, command[..<2] == ["rm", "-f"] {
            state.containers[index].layer[command[2]] = nil
            return ("", 0)
        }
        if command.count == 3, command[2] == EntryScript.restoreStore(FakeDocker.settings) {
            tell("mount the store in \(container.name)")
            return ("", 0)
        }
        let isProbe =
            command.count == 3 && command[0] == "/bin/sh" && command[1] == "-c"
            && command[2].contains("-- sockets")
        guard isProbe else { throw NoSuchCall(request: "exec \(command)") }
        return (try probe(command[2], container), 0)
    }

    /// Where the agent has its settings.
    static let settings = "/var/vcap/bosh/warden-cpi-agent-env.json"

    static func mountinfo(_ container: State.Container) -> String {
        let mounts = container.mounts.enumerated()
            .filter { !container.unmounted.contains($1.destination) }
            .map { index, mount in
                let root = mount.isVolume ? "/docker/volumes/\(mount.source)/_data" : mount.source
                let mode = mount.isWritable ? "rw" : "ro"
                return
                    "\(200 + index) 100 8:1 \(root) \(mount.destination) \(mode),relatime - ext4 /dev/sda1 rw"
            }
        let live = container.live.sorted().map {
            "300 100 8:1 /docker/volumes/\($0)/_data /warden-cpi-dev/\($0) rw - ext4 /dev/node rw"
        }
        return (["100 90 0:50 / / rw,relatime - overlay overlay rw"] + mounts + live).joined(
            separator: "\n") + "\n"
    }

    /// What the agent's settings say, and a socket that fits them if the agent is up.
    private func probe(_ script: String, _ container: State.Container) throws -> String {
        guard let path = script.firstMatch(of: /cat '([^']+)'/)?.1 else {
            throw NoSuchCall(request: "exec of a probe that reads no settings")
        }
        let update = read("/var/vcap/bosh/update_settings.json", in: container) ?? []
        let settings = read(String(path), in: container) ?? []
        let socket = agentIsUp ? FakeDocker.socket(settings, update) : ""
        return (agentIsUp ? "running\n" : "")
            + "-- update\n\(String(decoding: update, as: UTF8.self))\n"
            + "-- settings\n\(String(decoding: settings, as: UTF8.self))\n"
            + "-- hosts\n-- sockets\n  sl  local_address rem_address   st tx_queue\n\(socket)"
            + "-- again\n\(socket)"
    }

    private static func socket(_ settings: [UInt8], _ update: [UInt8]) -> String {
        let json = (try? JSON(parsing: settings)) ?? .null
        let updated = (try? JSON(parsing: update)) ?? .null
        let lists = [updated["mbus"]["urls"], json["env"]["bosh"]["mbus"]["urls"]]
        let url = lists.compactMap { $0.array?.first?.string }.first ?? json["mbus"].string ?? ""
        guard let parts = URL(string: url), let port = parts.port else { return "" }
        let hex = String(port, radix: 16, uppercase: true)
        let digits = String(repeating: "0", count: 4 - hex.count) + hex
        if parts.scheme == "https" { return "   0: 00000000:\(digits) 00000000:0000 0A 0:0\n" }
        let bytes = (parts.host ?? "").split(separator: ".").compactMap { UInt8($0) }
        let address = bytes.count == 4 ? bytes : [127, 0, 0, 1]
        let word = address.reversed().map { Pool.hex($0).uppercased() }.joined()
        return "   0: 0100007F:9999 \(word):\(digits) 01 0:0\n"
    }

    /// One frame of stdout.
    static func frame(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        let length = withUnsafeBytes(of: UInt32(bytes.count).bigEndian, Array.init)
        return bytes.isEmpty ? [] : [1, 0, 0, 0] + length + bytes
    }
}
