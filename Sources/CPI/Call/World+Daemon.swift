import Engine
import Journal

/// What a Docker daemon says of itself, as far as it decides whether VMs can run there.
struct DaemonKind {
    /// Why no VM can be made there, as the end of a sentence; nil where they can.
    let obstacle: String?
    /// What is to be known of it, and no fault; nil when it is nothing.
    let remark: String?

    /// From `GET /info`.
    init(_ info: JSON) {
        let options = (info["SecurityOptions"].array ?? []).compactMap(\.string)
        func has(_ name: String) -> Bool {
            options.contains { $0.split(separator: ",").contains("name=\(name)") }
        }
        // In a user namespace not even a privileged container may mount disks or make device nodes.
        if has("rootless") {
            obstacle = "Docker runs rootless there, and a VM needs a root that may mount its disks"
        } else if has("userns") {
            obstacle =
                "Docker maps users there (userns-remap), which excludes the privileged containers "
                + "that VMs are"
        } else {
            obstacle = nil
        }
        remark =
            info["OperatingSystem"].string == "Docker Desktop"
            ? "Docker Desktop: containers are in a virtual machine, and a director outside of it "
                + "reaches no VM by its address, only by ports that are published"
            : nil
    }
}

extension World {
    /// Throws `CPIError` where no VM can run.
    func requireFitForVMs() throws {
        let kind = DaemonKind(try engineInfo())
        if let obstacle = kind.obstacle {
            throw CPIError(
                kind: .vmCreationFailed,
                message: "cannot make a VM on \(engine.address): \(obstacle)")
        }
        if let remark = kind.remark { warn(remark) }
    }

    /// What the daemon is known by for its life: the id of its network "none", which it made together
    /// with its store. `GET /info` has an id of its own, but takes Docker 10 to 20 ms.
    func daemonID() throws -> String? {
        guard let network = try builtInNetwork() else { return try daemonIDOfInfo() }
        return World.daemonPrefix + network
    }

    private static let daemonPrefix = "network "

    /// Podman makes up another id with each answer: its machine and its folder stand for it.
    private func daemonIDOfInfo() throws -> String? {
        let info = try engineInfo()
        guard try isPodman() else { return info["ID"].string }
        return "podman \(info["Name"].string ?? "") \(info["DockerRootDir"].string ?? "")"
    }

    /// Podman, answering as Docker does.
    func isPodman() throws -> Bool {
        try builtInNetwork() == nil && !engineInfo()["BuildahVersion"].isNull
    }

    /// Whether the operation was begun on another daemon than this one: what is here tells nothing
    /// of it. False where that is not recorded. Earlier versions recorded the id of `GET /info`.
    func isElsewhere(_ operation: Operation) throws -> Bool {
        guard let its = RecordedOwner(operation)?.daemonID else { return false }
        return try (its.hasPrefix(World.daemonPrefix) ? daemonID() : daemonIDOfInfo()) != its
    }
}

/// The Docker that an operation was begun on, another one than the configuration's, does not answer.
struct SilentDaemon: Error, CustomStringConvertible {
    let description: String
}

extension OperatorRecovery {
    /// The Docker that an operation is about: this one, or the one at its recorded address, reached
    /// with the configuration's credentials. Throws `CPIError` when that is another one by now,
    /// `SilentDaemon` when it does not answer, `EngineError` when this one does not.
    func world(for operation: Operation) throws -> World {
        guard try world.isElsewhere(operation), let owner = RecordedOwner(operation) else {
            return world
        }
        let address = owner.daemonAddress ?? "an unknown address"
        let title = "operation \(operation.id) was begun on the Docker daemon at \(address)"
        guard let there = try connect(address).map(world.on) else {
            throw CPIError(kind: .cloud, message: "\(title); recover it with that one's --config")
        }
        do {
            guard try there.isElsewhere(operation) else { return there }
        } catch {
            throw SilentDaemon(
                description: "\(title), which does not answer: \(error); if it has another address "
                    + "or other credentials now, recover it with that one's --config")
        }
        throw CPIError(kind: .cloud, message: "\(title), and another one is there now")
    }
}

extension DaemonKind {
    /// One line for `doctor`: what is wrong, or worth knowing.
    var line: (isWell: Bool, words: String)? {
        (obstacle ?? remark).map { (obstacle == nil, $0) }
    }
}

extension OperatorRecovery {
    /// Whether VMs can run on this daemon, where there is something to say about it. Throws
    /// `EngineError`.
    public func daemonRemark() throws -> (isWell: Bool, words: String)? {
        DaemonKind(try world.engineInfo()).line
    }
}
