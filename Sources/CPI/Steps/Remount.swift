import Engine
import Journal

/// How a VM gets from its mounts to other ones: the plan of attach_disk and detach_disk.
///
/// Docker cannot change the mounts of a container. It is replaced by one made from it, which keeps
/// its writable layer, its volumes, its addresses and its labels; the old one goes last.
struct Remount: Codable {
    enum Change: String, Codable {
        /// The state asked for is there already.
        case nothing
        /// The container lists the mount, but inside it is gone: a start brings it back.
        case restart
        case replace
    }

    var change: Change
    /// attach_disk or detach_disk.
    var method: String
    var operation: String
    var vm: VMCID
    var disk: DiskCID
    /// The id of the container as it was.
    var old = ""
    var wasRunning = true
    /// Only if it would bring the old container up behind our back.
    var restartPolicy: String?
    /// By network, as they are while the VM runs.
    var macs: [String: String] = [:]
    /// The networks in the container's order, where create can take only the first one.
    var furtherNetworks: [String] = []
    /// What set_vm_metadata said last: labels can only change with the container.
    var metadata: String?

    var image: String { vm.committedImage(operation) }
    /// The replacement, by whichever of its names it has at the moment.
    var names: [String] { [vm.replacement, vm.description] }
    var isAttach: Bool { method == AttachDisk.name }
}

extension Remount {
    var steps: [Step] {
        switch change {
        case .nothing: []
        case .restart:
            [.mark(self), .restart(self), .verifyMounts(self), .awaitAgent(self), .unmark(self)]
        case .replace:
            [.mark(self)]
                + (restartPolicy.map { [.suspendRestarts(old, vm, policy: $0)] } ?? [])
                + (wasRunning ? [.stop(old, called: vm.description)] : [])
                + [.commit(old, of: vm, as: image), .createReplacement(self)]
                + furtherNetworks.map { network in
                    .connect(names, to: network) { try self.endpoint(network, $0) }
                }
                + (isAttach ? [] : [.forgetDisk(self)])
                + [
                    .rename(old, from: vm.description, to: vm.aside(old)),
                    .renameOurs(from: vm.replacement, to: vm.description),
                ]
                + (wasRunning
                    ? [.startOurs([vm.description, vm.replacement]), .verifyMounts(self)] : [])
                + [.awaitAgent(self), .removeAsides(self), .removeUnusedImages(vm), .unmark(self)]
        }
    }

    /// Forward once the replacement has the VM's name and was started, or nothing else is left.
    func situation(_ world: World) throws -> Situation {
        if let later = try laterOperation(world) { return .superseded(later) }
        if change == .restart {
            return try world.engine.container(old)?.isRunning == true ? .new : .old
        }
        let replacement = try world.ourContainer(names)
        guard try world.engine.container(old) != nil else {
            return replacement == nil ? .old : .new
        }
        guard let replacement, replacement.name == vm.description else { return .old }
        return replacement.isRunning || !wasRunning ? .new : .old
    }

    /// Ids sort by time: a container made by a later operation under the VM's name is its word.
    private func laterOperation(_ world: World) throws -> String? {
        guard let current = try world.engine.container(vm.description),
            let maker = current.labels[Label.operation], maker > operation
        else { return nil }
        return maker
    }

    fileprivate func endpoint(_ network: String, _ world: World) throws -> JSON {
        let container = try world.engine.inspectContainer(old)
        return Replacement.endpoint(
            container.endpoints[network] ?? [:], id: old, mac: nil, try world.engine.version())
    }
}

extension Step {
    /// Says in Docker what is going on, for whoever has no journal. Docker makes a name once: a
    /// mark of somebody else is a lock.
    fileprivate static func mark(_ plan: Remount) -> Step {
        let name = plan.vm.mark
        return Step(
            name: "mark \(plan.vm)",
            do: { world in
                let text = try JSON(encoding: plan).text
                let labels = [
                    Label.method: plan.method, Label.plan: text, Label.vm: plan.vm.description,
                ]
                let volume = try world.engine.createVolume(name, labels: Label.made(labels, world))
                let owner = volume.labels[Label.operation] ?? "of somebody unknown"
                guard owner == world.operation else {
                    throw CPIError(
                        kind: .cloud,
                        message: "operation \(owner) has left its mark on VM \(plan.vm); "
                            + "next: cpi-admin recover")
                }
            },
            verify: { try $0.isOurVolume(name) },
            undo: { try $0.removeOurVolume(name) })
    }

    fileprivate static func unmark(_ plan: Remount) -> Step {
        Step(
            name: "unmark \(plan.vm)",
            do: { try $0.removeOurVolume(plan.vm.mark) },
            verify: { try !$0.isOurVolume(plan.vm.mark) },
            undo: nil)
    }

    /// `always` and `on-failure` bring a stopped container up again when the daemon restarts: two
    /// writers on one disk.
    fileprivate static func suspendRestarts(_ id: String, _ vm: VMCID, policy: String) -> Step {
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

    fileprivate static func createReplacement(_ plan: Remount) -> Step {
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
            },
            verify: { try $0.ourContainer(plan.names) != nil },
            undo: { try $0.removeOurContainer(plan.names) })
    }

    /// The agent refuses to boot when its last disk is one that it does not know any more.
    fileprivate static func forgetDisk(_ plan: Remount) -> Step {
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

    fileprivate static func restart(_ plan: Remount) -> Step {
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
    fileprivate static func verifyMounts(_ plan: Remount) -> Step {
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
    fileprivate static func awaitAgent(_ plan: Remount) -> Step {
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
    fileprivate static func removeAsides(_ plan: Remount) -> Step {
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

    fileprivate static func removeUnusedImages(_ vm: VMCID) -> Step {
        Step(
            name: "remove unused images of \(vm)",
            do: { try $0.removeUnusedImages(vm) },
            verify: { _ in false },
            undo: nil)
    }
}

extension World {
    /// Whether the disk is a mount point of its own inside the running container. Docker goes on
    /// listing a mount that the agent has unmounted.
    func isMounted(_ disk: DiskCID, in container: String) throws -> Bool {
        let result: ExecResult
        do {
            result = try engine.exec(container, ["cat", "/proc/self/mountinfo"], seconds: 10)
        } catch let error as EngineError where error.isConflict {
            return false  // not running
        }
        return result.output.split(separator: "\n").contains {
            $0.split(separator: " ").dropFirst(4).first.map(String.init) == disk.hint
        }
    }

    /// Removes the containers that this VM's present one has replaced.
    func removeAsides(_ vm: VMCID) throws {
        for container in try otherContainers(vm) where container.name.hasPrefix("\(vm).old-") {
            try removeContainer(container.id)
        }
    }

    /// Removes the committed images of a VM that no container is made from any more.
    func removeUnusedImages(_ vm: VMCID) throws {
        let current = try engine.container(vm.description)?.image
        for tag in try committedImages(vm) where tag != current {
            do {
                try removeImage(tag)
            } catch let error as EngineError where error.isConflict {
                continue  // in use
            }
        }
    }

    func committedImages(_ vm: VMCID) throws -> [String] {
        try engine.imageTags(["reference": [vm.description]])
            .filter { $0.hasPrefix("\(vm):") }
    }
}
