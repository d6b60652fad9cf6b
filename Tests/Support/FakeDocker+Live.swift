import Engine

@testable import CPI

/// One of the scripts that mount a disk in a VM that runs.
struct LiveCommand {
    enum Verb { case attach, detach, look, probe, settle }
    let verb: Verb
    let disk: String
    /// The operation that it is run for, and what for.
    let operation: String
    let mode: LiveScript.Mode?
    let number: Int

    init?(_ command: [String]) {
        guard command.count >= 3, command[0] == "/bin/sh", command[1] == "-c" else { return nil }
        switch command[2] {
        case LiveScript.attach: verb = .attach
        case LiveScript.detach: verb = .detach
        case LiveScript.look: verb = .look
        case LiveScript.probe: verb = .probe
        case LiveScript.settle: verb = .settle
        default: return nil
        }
        disk = command.count > 4 ? command[4] : ""
        operation = command.count > 5 ? command[5] : ""
        mode = command.count > 6 ? LiveScript.Mode(rawValue: command[6]) : nil
        number = command.count > 7 ? Int(command[7]) ?? 0 : 0
    }
}

extension FakeDocker.State.Container {
    /// The disks on its list.
    var liveDisks: [String] {
        layer.filter { $0.key.hasPrefix(LiveScript.list + "/") && $0.value.isEmpty }.keys
            .map { String($0.dropFirst(LiveScript.list.count + 1)) }.sorted()
    }

    /// The operation that has attached a disk last, as its list says.
    func attacher(of disk: String) -> String? {
        layer["\(LiveScript.by)/\(disk)"].map { String(decoding: $0, as: UTF8.self) }
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
        let least = state.containers[index].leastScripts[command.operation] ?? 0
        if command.mode != nil, command.number < least {
            return ("operation \(command.operation) was settled meanwhile\n", 1)
        }
        if command.mode == .undo {
            state.containers[index].leastScripts[command.operation] = command.number + 1
        }
        let container = state.containers[index]
        let entry = "\(LiveScript.list)/\(command.disk)"
        let by = "\(LiveScript.by)/\(command.disk)"
        let last = container.attacher(of: command.disk)
        switch command.verb {
        case .settle:
            state.containers[index].leastScripts[command.operation] = least + 1
            return ("\(least + 1)\n", 0)
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
            let attacher = container.attacher(of: String(path.dropFirst(LiveScript.list.count + 1)))
            let isCurrent = [LiveScript.detached(attacher), LiveScript.detached(nil)].contains(
                content)
            state.containers[index].layer[path] = isCurrent ? nil : []
        }
        return state.containers[index].liveDisks.allSatisfy { mount($0, index) == nil }
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
