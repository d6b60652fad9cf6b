import Engine
import Journal

/// VMs that somebody has renamed or stopped by hand.
extension Inspection {
    /// A finding for each; none for a VM on which an operation is open. Throws `EngineError`.
    func vmFindings() throws -> [Finding] {
        let containers = try engine.containers(.label(Label.vm))
        let vms = Set(containers.compactMap { $0.labels.label(Label.vm) })
        let open = Set(try openOperations().flatMap(\.subjects))
        let settled = vms.sorted().map { VMCID($0) }.filter { !open.contains($0.subject) }
        let found = try settled.compactMap(finding)
        return beside(containers) + (try renamedBeside(containers)) + (try inImages()) + found
    }

    /// Whatever the journal says of the operation.
    private func inImages() throws -> [Finding] {
        try world.imagesAlone().map { one in
            let left = try world.words(ofLastCopy: one.image, of: one.vm)
            return Finding(
                "vm \(one.vm)", .fail, left.what,
                advice: left.isOlder
                    ? CustodyTable.makingAnew : "\(world.recovery(ofMark: one.mark))")
        }
    }

    private func finding(_ vm: VMCID) throws -> Finding? {
        // Somebody may be at work on it, with another journal perhaps.
        if let mark = try engine.volume(vm.mark) { return try left(mark, on: vm) }
        do {
            guard let container = try engine.container(vm.description) else {
                return try renamed(vm)
            }
            return stopped(vm, container)
        } catch let error as EngineError where error.isFault {
            return Finding(
                "vm \(vm)", .fail, "Docker cannot describe its container: \(error)",
                advice: "look into the Docker daemon's log")
        }
    }

    /// The mark of an operation that is closed in the journal: an operator has closed it, and Docker may still be
    /// as it was in the middle. Nil where it is open, or nobody here knows of it.
    private func left(_ mark: Volume, on vm: VMCID) throws -> Finding? {
        guard let id = mark.labels.label(Label.operation),
            let operation = try journal?.find(id), !operation.state.isOpen,
            !world.locks.isOwned(id)
        else { return nil }
        let runs = try engine.container(vm.description)?.isRunning == true
        return Finding(
            "vm \(vm)", .warn,
            "\(runs ? "runs" : "does not run"), and \(operation.method) \(id), which was closed as "
                + "\(operation.state.rawValue), has left its mark",
            advice: "\(RecoveryCommand.fromDocker(id).atAnyAge)")
    }

    /// Containers of a VM that run beside it under another name than its own: they have its volumes as well.
    private func beside(_ containers: [ContainerSummary]) -> [Finding] {
        containers.compactMap { one in
            guard one.isRunning, let vm = one.vm,
                let name = one.names.first, case .old = vm.role(of: name),
                containers.contains(where: { $0.names.contains(vm.description) })
            else { return nil }
            return Finding(
                "vm \(vm)", .fail, "container \(name), which was replaced, runs on its volumes",
                advice: "docker stop \(name); compare it with the VM: docker diff \(name)")
        }
    }

    /// Those that are a VM's by their label, under a name that says nothing, while the VM has its own name.
    private func renamedBeside(_ containers: [ContainerSummary]) throws -> [Finding] {
        try containers.compactMap { one in
            guard let vm = one.vm, let name = one.names.first,
                vm.role(of: name) == nil,
                containers.contains(where: { $0.names.contains(vm.description) }),
                try world.containers(of: vm, alsoRenamed: true).contains(where: { $0.id == one.id })
            else { return nil }
            return Finding(
                "vm \(vm)", .warn,
                "container \(name) has its volumes: one that was replaced, and that somebody has renamed",
                advice: "compare it with the VM (docker diff \(name)), then docker rm \(name)")
        }
    }

    /// Where no container has the VM's name.
    private func renamed(_ vm: VMCID) throws -> Finding? {
        let members = try world.containers(of: vm)
        let member =
            members.first { $0.role == nil }
            ?? members.first { $0.role?.isOld == true }
        guard let member, let container = try engine.container(member.id) else { return nil }
        let canGiveBack = try !OldContainers(world: world).plan(vm).isEmpty
        let state = container.isRunning ? "" : ", and is stopped"
        return Finding(
            "vm \(vm)", .warn,
            "its container is named \(member.name): "
                + (member.role == nil
                    ? "somebody has renamed it\(state)"
                    : "it was replaced, and the one that was to take its place is gone\(state)"),
            advice: canGiveBack ? "\(RecoveryCommand.all)" : "docker rename \(member.name) \(vm)")
    }

    private func offNetwork(_ vm: VMCID, _ container: Container) -> Finding? {
        guard container.endpoints.isEmpty else { return nil }
        return Finding(
            "vm \(vm)", .warn, "is on no network: somebody has disconnected it",
            advice: "docker network connect --ip ADDRESS NETWORK \(vm), or bosh recreate")
    }

    private func stopped(_ vm: VMCID, _ container: Container) -> Finding? {
        guard !container.isRestarting else {
            return Finding(
                "vm \(vm)", .warn,
                "ends again and again: started \(container.restarts) times by Docker, the last exit "
                    + "code is \(container.exitCode)", advice: "docker logs --tail 20 \(vm)")
        }
        guard !container.isRunning else { return offNetwork(vm, container) }
        let state =
            container.wasStarted
            ? "is stopped since \(DockerTime.utc(container.finishedAt)), with exit code "
                + "\(container.exitCode)"
            : container.labels[Label.replaces] == nil
                ? "was never started"
                : "does not run: it was stopped when its container was replaced"
        return Finding(
            "vm \(vm)", .warn, "\(state), and no operation is open on it",
            advice: VMAdvice.start(vm.description))
    }
}

/// What an operator does about a VM that does not run.
public enum VMAdvice {
    /// The command that starts a VM which was stopped by hand.
    public static func start(_ vm: String) -> String {
        "docker start \(vm), or bosh cck, which offers to reboot the VM"
    }
}
