import Engine

@testable import CPI

/// One of the scripts that mount a disk in a VM that runs.
struct LiveCommand {
    enum Verb { case attach, detach, look, probe }
    let verb: Verb
    let disk: String
    /// The operation that it is run for, and what for.
    let operation: String
    let mode: LiveScript.Mode?

    init?(_ command: [String]) {
        guard command.count >= 3, command[0] == "/bin/sh", command[1] == "-c" else { return nil }
        switch command[2] {
        case LiveScript.attach: verb = .attach
        case LiveScript.detach: verb = .detach
        case LiveScript.look: verb = .look
        case LiveScript.probe: verb = .probe
        default: return nil
        }
        disk = command.count > 4 ? command[4] : ""
        operation = command.count > 5 ? command[5] : ""
        mode = command.count > 6 ? LiveScript.Mode(rawValue: command[6]) : nil
    }
}

extension FakeDocker.State.Container {
    /// The disks on its list.
    var liveDisks: [String] {
        layer.filter { $0.key.hasPrefix(LiveScript.list + "/") && $0.value.isEmpty }.keys
            .map { String($0.dropFirst(LiveScript.list.count + 1)) }.sorted()
    }

    var isPin: Bool { labels["io.bosh.disk.pinned_to"] != nil }

    fileprivate var canMountDisks: Bool {
        hostConfig["Privileged"].bool == true
            && ((config["Entrypoint"].array ?? []) + (config["Cmd"].array ?? [])).contains {
                $0.string?.contains("live_start") ?? false
            }
    }
}

extension FakeDocker {
    func run(_ command: LiveCommand, _ index: Int) -> (output: String, exitCode: Int) {
        switch command.mode {
        case .undo: state.containers[index].over.insert(command.operation)
        case .again: state.containers[index].over.remove(command.operation)
        case .do where state.containers[index].over.contains(command.operation):
            return ("operation \(command.operation) was taken back\n", 1)
        case .do, nil: break
        }
        let container = state.containers[index]
        let entry = "\(LiveScript.list)/\(command.disk)"
        let by = "\(LiveScript.by)/\(command.disk)"
        let last = container.layer[by].map { String(decoding: $0, as: UTF8.self) }
        switch command.verb {
        case .probe: return whyNot.map { ($0 + "\n", 1) } ?? ("", 0)
        case .look:
            return (
                (container.layer[entry] == [] ? "listed\n" : "")
                    + (container.live.contains(command.disk) ? "mounted\n" : "")
                    + (last.map { "by \($0)\n" } ?? ""), 0
            )
        case .attach:
            state.containers[index].layer[entry] = []
            if let why = mount(command.disk, index) { return (why + "\n", 1) }
            if command.mode != .undo {
                state.containers[index].layer[by] = Array(command.operation.utf8)
            }
            return ("", 0)
        case .detach:
            if command.mode == .undo, let last, last != command.operation {
                return ("operation \(last) has attached it since\n", 1)
            }
            if let user = diskUser { return (user + "\n", 1) }
            state.containers[index].layer[by] = nil
            state.containers[index].live.remove(command.disk)
            state.containers[index].layer[entry] = nil
            if read(EntryScript.lastDisk, in: container) == Array(command.disk.utf8) {
                write([], to: EntryScript.lastDisk, in: index)
            }
            return ("", 0)
        }
    }

    /// What the entry script does before anything else. False when the VM does not start.
    func mountList(_ index: Int) -> Bool {
        let container = state.containers[index]
        guard container.canMountDisks else { return true }
        state.containers[index].hasList = whyNot == nil || !container.liveDisks.isEmpty
        for (path, content) in container.layer
        where path.hasPrefix(LiveScript.list + "/") && !content.isEmpty {
            state.containers[index].layer[path] = nil
        }
        return container.liveDisks.allSatisfy { mount($0, index) == nil }
    }

    /// Why it cannot be mounted; nil when it is.
    private func mount(_ disk: String, _ index: Int) -> String? {
        if let whyNot { return whyNot }
        guard state.volumes[disk] != nil else {
            return "there is no volume \(disk) beside the VM's own"
        }
        state.containers[index].live.insert(disk)
        return nil
    }
}
