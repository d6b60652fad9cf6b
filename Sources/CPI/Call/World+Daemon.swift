import Engine
import Journal

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
        return "network \(network)"
    }

    /// Podman makes up another id with each answer: its machine and its folder stand for it.
    private func daemonIDOfInfo() throws -> String? {
        let info = try engineInfo()
        guard try engine.isPodman() else { return info["ID"].string }
        return "podman \(info["Name"].string ?? "") \(info["DockerRootDir"].string ?? "")"
    }

    /// Whether the operation was begun on another daemon than this one: what is here tells nothing
    /// of it. False where that is not recorded.
    func isOnAnotherDaemon(_ operation: Operation) throws -> Bool {
        guard let its = RecordedOwner(operation)?.daemonID else { return false }
        return try daemonID() != its
    }

    /// Says so where the last call that had to do with something which is not there was made on another daemon: one
    /// whose data directory is not mounted answers as an empty one does. A call that has failed for that reason
    /// has recorded no daemon. No error: the other one may be gone for good. Throws `EngineError`.
    func warnIfOnAnotherDaemon(_ missing: Subject) throws {
        let filter = OperationFilter(subjects: [missing], mutatingOnly: true, limit: 100)
        let last = recorder.store.read { journal in
            try journal.operations(filter).first { RecordedOwner($0)?.daemonID != nil }
        }
        guard let last, try isOnAnotherDaemon(last) else { return }
        warn(
            "\(missing.cid) is not there, but another Docker daemon than the one that had it answers at "
                + "\(engine.address): is its data directory mounted?")
    }
}
