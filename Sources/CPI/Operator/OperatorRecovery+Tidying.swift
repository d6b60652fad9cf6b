import Engine

/// VMs' containers under other names than they should have, where no operation is open.
extension OperatorRecovery {
    /// A VM whose containers were put in order.
    public struct Tidied: Sendable {
        public let vm: String
        /// It has its name back, and does not run: somebody had stopped it.
        public let isStopped: Bool
    }

    /// What `tidyOldContainers` would do now, in words. Changes nothing. Throws `EngineError`.
    public func tidyingPlan(_ isWanted: (String) -> Bool = { _ in true }) throws -> [String] {
        try untidyVMs().filter { isWanted($0.description) }.flatMap {
            try OldContainers(world: world).plan($0)
        }
    }

    /// Puts the VMs' old containers in order: names, and those that were kept until the agent had been
    /// seen, where it is seen now. Returns the VMs for which something was done.
    public func tidyOldContainers(_ isWanted: (String) -> Bool = { _ in true }) throws -> [Tidied] {
        try untidyVMs().filter { isWanted($0.description) }.compactMap { vm in
            let locks = LockSet(world.locks, seconds: 0, for: "recover")
            defer { locks.release() }
            do {
                try locks.cover([vm.subject])
            } catch {
                return nil  // somebody is at work on it
            }
            let hadName = try engine.container(vm.description) != nil
            guard try OldContainers(world: world).tidy(vm) else { return nil }
            let runs = try engine.container(vm.description)?.isRunning == true
            return Tidied(vm: vm.description, isStopped: !hadName && !runs)
        }
    }

    /// VMs with a container under another name, also one that somebody has given it by hand.
    private func untidyVMs() throws -> [VMCID] {
        let containers = try engine.containers(.label(Label.vm))
        let vms = Set(
            containers.compactMap { container -> VMCID? in
                let named = container.names.compactMap { VMCID.role(of: $0) }.first
                guard named?.role != .incomplete else { return nil }
                return container.vm.flatMap { container.names.contains($0.description) ? nil : $0 }
            })
        return vms.sorted()
    }
}
