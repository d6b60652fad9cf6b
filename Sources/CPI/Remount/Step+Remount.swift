import Engine

extension Step {
    /// Says in Docker what is going on, for whoever has no journal. Docker makes a name once: a
    /// mark of somebody else is a lock.
    static func mark(_ vm: VMCID, _ method: String, _ plan: some Encodable) -> Step {
        let name = vm.mark
        return Step(
            name: "mark \(vm)",
            do: { world in
                let text = try JSON(encoding: plan).text
                let labels = [
                    Label.method: method, Label.plan: text, Label.vm: vm.description,
                ]
                var volume = try world.engine.createVolume(name, labels: Label.made(labels, world))
                if volume.isHalfMade {
                    try world.removeVolume(name)
                    volume = try world.engine.createVolume(name, labels: Label.made(labels, world))
                }
                let owner = volume.labels[Label.operation] ?? "of somebody unknown"
                guard owner == world.operation else {
                    throw CPIError(
                        kind: .cloud,
                        message: "operation \(owner) has left its mark on VM \(vm); "
                            + "next: cpi-admin recover")
                }
            },
            verify: { try $0.isOurVolume(name) },
            undo: { try $0.removeOurVolume(name) })
    }

    static func unmark(_ vm: VMCID) -> Step {
        Step(
            name: "unmark \(vm)",
            do: { try $0.removeOurVolume(vm.mark) },
            verify: { try !$0.isOurVolume(vm.mark) },
            undo: nil)
    }

    /// `always` and `on-failure` bring a stopped container up again when the daemon restarts: two
    /// writers on one disk.
    static func suspendRestarts(_ id: String, _ vm: VMCID, policy: String) -> Step {
        Step(
            name: "suspend restarts of \(vm)",
            do: { try $0.engine.setRestartPolicy(id, "no") },
            verify: { try $0.engine.container(id).map { $0.restartPolicy == "no" } ?? true },
            undo: { world in
                guard let container = try world.engine.container(id),
                    container.restartPolicy == "no"
                else { return }
                try world.engine.setRestartPolicy(id, policy)
            })
    }

    /// Keeps the writable layer of the stopped container as an image. One that was made before the
    /// container ran again is worth nothing, nor is a replacement made from it.
    static func commit(_ plan: Remount) -> Step {
        let reference = ImageReference.split(plan.image)
        return Step(
            name: "commit container \(plan.vm) as \(plan.image)",
            do: { world in
                if try plan.isCommitted(world) { return }
                if try world.engine.container(plan.old) != nil {
                    try world.removeOurContainer([plan.vm.replacement])
                    try world.removeOurImage(plan.image)
                }
                try world.engine.commitContainer(
                    plan.old, repository: reference.repository, tag: reference.tag,
                    labels: Label.complete([Label.vm: plan.vm.description], world))
            },
            verify: { try plan.isCommitted($0) },
            undo: { world in
                try plan.requireOld(world)
                try world.removeOurImage(plan.image)
            })
    }

    static func createReplacement(_ plan: Remount) -> Step {
        Step(
            name: "create container \(plan.vm.replacement)",
            do: { world in
                guard try world.ourContainer(plan.names) == nil else { return }
                // Docker would make a volume that has gone missing, empty.
                _ = plan.isAttach ? try world.requireDisk(plan.disk) : nil
                let old = try world.engine.inspectContainer(plan.old)
                let spec = try Replacement(plan: plan, old: old).spec(world)
                let warnings = try world.engine.createContainer(plan.vm.replacement, spec).warnings
                warnings.forEach(world.warn)
                guard plan.isAttach else { return }
                try world.requireSoleHolder(
                    of: plan.disk, plan.vm, making: plan.vm.replacement)
            },
            verify: { try $0.ourContainer(plan.names) != nil },
            undo: { world in
                try plan.requireOld(world)
                try world.removeOurContainer(plan.names)
            })
    }

    /// The agent refuses to boot when its last disk is one that it does not know any more.
    static func forgetDisk(_ plan: Remount) -> Step {
        let path = "/var/vcap/bosh/managed_disk_settings.json"
        func names(_ world: World) throws -> Container? {
            guard let container = try world.ourContainer(plan.names) else { return nil }
            let content = try world.engine.readFile(container.id, path: path) ?? []
            let last = String(decoding: content, as: UTF8.self).filter { !$0.isWhitespace }
            return last == plan.disk.description ? container : nil
        }
        return Step(
            name: "forget disk \(plan.disk) as the last one",
            do: { world in
                guard let container = try names(world) else { return }
                try world.engine.writeFile(container.id, path: path, content: [])
            },
            verify: { try names($0) == nil },
            undo: { _ in })  // it is the replacement's file, and goes with it
    }

    static func restart(_ plan: Remount) -> Step {
        Step(
            name: "restart container \(plan.vm)", isDestructive: true,
            do: { world in
                try world.engine.stopContainer(plan.old, seconds: world.configuration.timeouts.stop)
                try world.startContainer(plan.old)
            },
            verify: { try $0.isMounted(plan.disk, in: plan.old) },
            undo: { world in
                guard let container = try world.engine.container(plan.old), !container.isRunning
                else { return }
                try world.startContainer(plan.old)
            })
    }

    /// The new state is what was asked for, seen from inside.
    static func verifyMounts(_ plan: Remount) -> Step {
        func areRight(_ world: World) throws -> Bool {
            guard let container = try world.engine.container(plan.vm.description),
                container.isRunning
            else { return false }
            return try world.isMounted(plan.disk, in: container.id) == plan.isAttach
        }
        return Step(
            name: "verify mounts of \(plan.vm)",
            do: { world in
                guard try areRight(world) else {
                    let container = try world.engine.container(plan.vm.description)
                    throw CPIError(
                        kind: .cloud,
                        message: container?.isRunning == true
                            ? "disk \(plan.disk) is \(plan.isAttach ? "not" : "still") mounted in VM \(plan.vm)"
                            : "the container of VM \(plan.vm) stopped with exit code \(container?.exitCode ?? -1)"
                    )
                }
            },
            verify: areRight,
            undo: { _ in })
    }

    /// The pivot. An agent that is late is not a failure: the director waits for it as well.
    static func awaitAgent(_ plan: Remount) -> Step {
        Step(
            name: "await agent of \(plan.vm)",
            do: { world in
                let seconds = world.configuration.timeouts.agentReady
                guard plan.wasRunning, seconds > 0 else { return }
                let probe = AgentProbe(world: world)
                guard try !probe.wait(plan.vm.description, seconds: seconds) else { return }
                world.warn("the agent of VM \(plan.vm) is not up after \(seconds) seconds")
            },
            verify: { _ in false },
            undo: nil)
    }

    /// The old container is kept until the agent in the new one has been seen.
    static func removeAsides(_ plan: Remount) -> Step {
        Step(
            name: "remove old containers of \(plan.vm)", isDestructive: true,
            do: { world in
                if plan.wasRunning, try !AgentProbe(world: world).isUp(plan.vm.description) {
                    return world.warn(
                        "container \(plan.vm.aside(plan.old)) is kept until the agent of VM \(plan.vm) has been seen"
                    )
                }
                try world.removeAsides(plan.vm)
            },
            verify: { try $0.engine.container(plan.old) == nil },
            undo: nil)
    }

    static func removeUnusedImages(_ vm: VMCID) -> Step {
        Step(
            name: "remove unused images of \(vm)",
            do: { try $0.removeUnusedImages(vm) },
            verify: { _ in false },
            undo: nil)
    }
}
