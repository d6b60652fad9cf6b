import Engine

/// Whether a VM can be given a disk while it runs.
public struct DiskReadiness: Sendable {
    public enum Way: Sendable {
        /// As it runs.
        case live
        /// It would have to be replaced, and why.
        case replaced(String)
        /// It is paused: a disk is refused until somebody unpauses it.
        case paused
        /// Docker could not tell, and why.
        case unseen(String)
    }
    public let vm: String
    public let way: Way
}

extension Inspection {
    /// All VMs, by name, but for those that end again and again. Changes nothing. Throws `EngineError`.
    public func readiness() throws -> [DiskReadiness] {
        let labelled = try engine.containers(.label(Label.vm))
        let goCPIs = try engine.containers(["name": [VMCID.goCPIsPattern]]).filter { one in
            !labelled.contains { $0.id == one.id }
        }
        return try (labelled + goCPIs).compactMap { summary in
            guard let vm = summary.vm?.description, summary.names.contains(vm),
                VMCID.role(of: vm)?.role == .vm, let container = try world.listed(summary),
                !container.isRestarting
            else { return nil }
            return DiskReadiness(vm: vm, way: try way(container))
        }.sorted { $0.vm < $1.vm }
    }

    private func way(_ container: Container) throws -> DiskReadiness.Way {
        guard !container.isPaused else { return .paused }
        do {
            return try LiveChange.obstacle(container, world).map { .replaced($0) } ?? .live
        } catch let error as EngineError where error.isFault {
            return .unseen("\(error)")
        }
    }
}
