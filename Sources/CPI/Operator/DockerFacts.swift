import Engine
import Journal

/// What Docker says now of one thing that an operation is about.
public struct DockerFacts: Sendable {
    public let subject: Subject
    /// One fact each, in words.
    public let lines: [String]

    /// The same, each with what it is about.
    public var sentences: [String] { lines.map { "\(subject.title): \($0)" } }
}

extension OperatorRecovery {
    /// What Docker says of an operation's subjects, on the Docker that it was begun on. `since` (Unix
    /// milliseconds): what was started later is said to be. Changes nothing. Throws `CPIError` when that
    /// Docker cannot be reached, else `EngineError`.
    public func facts(
        about subjects: [Subject], of operation: Operation, since: Int64?
    ) throws -> [DockerFacts] {
        let there = try world(for: operation)
        return try subjects.compactMap { subject in
            let lines = try FactFinder(world: there, since: since).lines(subject)
            return lines.isEmpty ? nil : DockerFacts(subject: subject, lines: lines)
        }
    }
}

/// Looks at one thing after the other.
struct FactFinder {
    let world: World
    /// Unix milliseconds.
    let since: Int64?

    func lines(_ subject: Subject) throws -> [String] {
        let cid = subject.cid
        switch subject.kind {
        case .vm: return try vm(VMCID(cid))
        case .disk: return try disk(DiskCID(cid))
        case .stemcell: return [try world.engine.image(cid) == nil ? "no such image" : "is there"]
        case .snapshot:
            guard try world.engine.volume(cid) != nil else { return ["no such volume"] }
            let isWhole = try world.engine.volume(SnapshotCID(cid).record) != nil
            return [isWhole ? "is there, whole" : "is there without its record: it is not whole"]
        case .network:
            guard try world.engine.network(cid) != nil else { return ["no such network"] }
            let users = try world.users(of: cid)
            return ["is there; " + (users.isEmpty ? "no user" : users.joined(separator: ", "))]
        case .agent: return []
        }
    }

    private func vm(_ cid: VMCID) throws -> [String] {
        let members = try world.containers(of: cid)
        var lines = try members.sorted { $0.name < $1.name }.compactMap { member in
            try world.listed(member.id, called: member.name).map { words($0, member.role) }
        }
        if lines.isEmpty { lines.append("no container of this VM is there") }
        if let mark = try world.engine.volume(cid.mark) {
            let id = mark.labels[Label.operation] ?? "?"
            lines.append("\(mark.name) marks it: operation \(id) is at work or was interrupted")
        }
        return lines + (try world.committedImages(cid).map { "image \($0) is there" })
    }

    private func words(_ container: Container, _ role: VMCID.Role?) -> String {
        var parts = ["\(container.title) \(state(container))"]
        switch role {
        case .old: parts.append("was replaced")
        case .replacement: parts.append("is to take the VM's place")
        case .incomplete: parts.append("is not complete")
        case nil: parts.append("was renamed by hand")
        default: break
        }
        let disks = container.mountedDisks.map(\.description).sorted()
        if !disks.isEmpty { parts.append("mounts " + disks.joined(separator: ", ")) }
        return parts.joined(separator: "; ")
    }

    private func state(_ container: Container) -> String {
        guard container.wasStarted else { return "was never started" }
        var text: String
        if container.isRestarting {
            text = "restarts again and again (\(container.restarts) times)"
        } else if container.isPaused {
            text = "is paused"
        } else if container.isRunning {
            text = "is running since \(DockerTime.utc(container.startedAt))"
        } else {
            text = "is stopped since \(DockerTime.utc(container.finishedAt))"
            text += " with exit code \(container.exitCode)"
        }
        guard let since, let started = DockerTime.milliseconds(container.startedAt), started > since
        else { return text }
        return text + ", started after this operation's last event"
    }

    private func disk(_ cid: DiskCID) throws -> [String] {
        guard let volume = try world.engine.volume(cid.description) else {
            return ["no such volume"]
        }
        let created = volume.json["CreatedAt"].string.map(DockerTime.utc) ?? "?"
        var lines = ["volume is there, made \(created)"]
        let holders = try world.holders(of: cid)
        for holder in holders {
            let isPin = holder.container.isPin
            let container = holder.container
            let state =
                container.isPaused ? "is paused" : container.isRunning ? "runs" : "does not run"
            lines.append(
                isPin
                    ? "pinned to VM \(holder.name); the pin \(state)"
                    : "mounted by \(holder.container.name), which \(state)")
        }
        if holders.isEmpty { lines.append("no container has it") }
        return lines
    }
}
