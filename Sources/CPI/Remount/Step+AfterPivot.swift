import Engine

/// The pivot of a replacement and what comes after it: only forward.
extension Step {
    /// The pivot: the replacement was seen to work, and is the VM from here on. Only now may it come
    /// up by itself when the daemon restarts.
    static func giveRestartPolicy(_ plan: Remount) -> Step {
        let policy = plan.restartPolicy
        return Step(
            name: "give VM \(plan.vm) its restart policy",
            do: { world in
                guard let container = try world.madeContainer(plan.names) else {
                    throw CPIError.cloud("the container of VM \(plan.vm) is gone")
                }
                guard container.restartPolicy != policy.name, !policy.name.isEmpty else { return }
                try world.engine.setRestartPolicy(
                    container.id, policy.name, retries: policy.retries)
            },
            verify: { world in
                let container = try world.madeContainer(plan.names)
                return policy.name.isEmpty || container?.restartPolicy == policy.name
            },
            undo: .pivot)
    }

    /// An agent that is late is not a failure: the director waits for it as well.
    static func awaitAgent(_ plan: Remount) -> Step {
        Step(
            name: "await agent of \(plan.vm)", isTidying: true,
            do: { world in
                let seconds = world.configuration.timeouts.agentReady
                guard plan.wasRunning, seconds > 0 else { return }
                let probe = AgentProbe(world: world)
                guard try !probe.wait(plan.vm.description, seconds: seconds) else { return }
                world.warn("the agent of VM \(plan.vm) is not up after \(seconds) seconds")
                guard let container = try world.engine.container(plan.vm.description) else {
                    return world.warn(plan.noContainer.message + "; next: \(RecoveryCommand.all)")
                }
                guard !container.isRunning else { return }
                // Nobody can tell an operator's stop from the end of a daemon that has taken its
                // containers along: it is not started again.
                world.warn("VM \(plan.vm) has stopped meanwhile; next: reboot_vm, or docker start")
            },
            verify: { _ in false },
            undo: .impossible)
    }

    /// The old container is kept until the agent in the new one has been seen.
    static func removeOld(_ plan: Remount) -> Step {
        Step(
            name: "remove old containers of \(plan.vm)", isDestructive: true, isTidying: true,
            do: { world in
                let vm = try world.engine.container(plan.vm.description)
                let probe = AgentProbe(world: world)
                guard try !plan.wasRunning || vm.map({ try probe.isAgentUp($0) }) ?? false else {
                    return world.warn(
                        "container \(plan.vm.old(plan.old)) is kept until the agent of VM "
                            + "\(plan.vm) has been seen")
                }
                // Somebody may have disconnected the replacement since it was made.
                for network in vm.map(plan.networksLost) ?? [] {
                    world.warn(
                        "VM \(plan.vm) is no longer on network \(network): somebody has disconnected "
                            + "it; next: docker network connect \(network) \(plan.vm), with its "
                            + "address")
                }
                try OldContainers(world: world).removeHeld(plan.vm)
                guard let old = try world.engine.container(plan.old) else { return }
                // Somebody has renamed it: by its name it was not found.
                guard try !world.isHeld(old, plan.vm) else {
                    return try world.removeContainer(old.id, .heldBySuccessor(plan.vm))
                }
                guard world.progress.isOperatorsWish else {
                    throw LastCopy(description: "container \(old.name) has run since: it is kept")
                }
                world.warn(
                    "container \(old.name) is kept: compare it with VM \(plan.vm), then remove it")
            },
            verify: { try $0.engine.container(plan.old) == nil },
            undo: .impossible)
    }

    static func removeUnusedImages(_ vm: VMCID) -> Step {
        Step(
            name: "remove unused images of \(vm)", isTidying: true,
            do: { try $0.removeUnusedImages(vm) },
            verify: { _ in false },
            undo: .impossible)
    }
}
