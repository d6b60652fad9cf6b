import Engine
import Journal

/// Stops and starts the VM; one that is stopped is started. Its entry script mounts its disks anew.
struct RebootVM: Mutation {
    static let name = "reboot_vm"
    static let arguments = ["vm_cid"]
    static let rule = RecoveryRule.finish
    struct Plan: Codable {
        let vm: VMCID
        let container: String
        /// When the container was started last, as Docker tells it: another time means restarted.
        let startedAt: String
        /// This call mounts the VM's disk at the store after the start: a VM of the Go CPI does not do so itself.
        let mountsStore: Bool
    }
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
    }

    func plan(_ world: World) throws -> Plan {
        let container = try world.requireSettledVM(vm)
        // One that ends again and again can be stopped: nothing is looked at inside.
        if container.isRunning, !container.isRestarting { try container.requireStoppable(vm) }
        try world.requireNoneBeside(container, of: vm)
        if container.isRunning, container.endpoints.isEmpty {
            world.warn(
                "VM \(vm) is on no network: somebody has disconnected it; next: cpi-admin doctor")
        }
        return Plan(
            vm: vm, container: container.id, startedAt: container.startedAt,
            mountsStore: !container.restoresStore)
    }

    static func steps(_ plan: Plan, _ call: RebootVM?) -> [Step] {
        let stop = Step(
            name: "stop container \(plan.vm)", isDestructive: true,
            do: {
                try $0.stopContainer(plan.container)
            },
            verify: { try $0.wasStopped(plan.container, plan.startedAt) },
            undo: .impossible)
        let start = Step(
            name: "start container \(plan.vm)",
            do: { world in
                try world.startContainer(plan.container)
                guard try !world.mountsItsList(plan.vm, plan.container) else { return }
                world.warn(
                    "VM \(plan.vm) does not mount its disks, or does not start without them: "
                        + "docker logs \(plan.vm) says why")
            },
            verify: { try $0.engine.container(plan.container)?.isRunning ?? false },
            undo: .impossible)
        let startPins = Step(
            name: "start pins of \(plan.vm)", isTidying: true,
            do: { try $0.startPins(of: plan.vm) },
            verify: { _ in false },
            undo: .impossible)
        return [.mark(plan.vm, Self.name, plan), stop, start, startPins]
            + (plan.mountsStore ? [restore(plan)] : []) + [.unmark(plan.vm)]
    }

    /// The agent does not mount its disk again when it boots, and its jobs would write to the root layer.
    private static func restore(_ plan: Plan) -> Step {
        Step(
            name: "mount the store of \(plan.vm)", isTidying: true,
            do: { world in
                guard let container = try world.engine.container(plan.container) else { return }
                let settings = container.settingsPath(world.configuration)
                let script = EntryScript.restoreStore(settings)
                do {
                    let result = try world.engine.exec(
                        plan.container, ["/bin/sh", "-c", script], seconds: 30)
                    guard result.exitCode != 0 else { return }
                    world.warn(
                        "the disk of VM \(plan.vm) is not mounted at \(VMPlace.store): "
                            + result.words)
                } catch let error as EngineError where error.isConflict {
                    world.warn("VM \(plan.vm) does not run; docker logs \(plan.vm) says why")
                }
            },
            verify: { _ in false },
            undo: .impossible)
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.situation(of: plan.container, plan.vm)
    }

    static func removeRemains(_ plan: Plan, _ world: World) throws {
        try world.removeMadeVolume(plan.vm.mark)
    }
}
