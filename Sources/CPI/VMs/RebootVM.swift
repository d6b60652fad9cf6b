import Engine
import Journal

/// Stops and starts the VM; one that is stopped is started. Its entry script mounts its disks anew.
struct RebootVM: Mutation {
    static let name = "reboot_vm"
    static let lane = Lane.finish
    struct Plan: Codable {
        let vm: VMCID
        let container: String
        /// When the container was started last, as Docker tells it: another time means restarted.
        let startedAt: String
    }
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ values: [JSON]) throws {
        vm = try VMCID(Arguments(values, ["vm_cid"], of: Self.name)[0])
    }

    func plan(_ world: World) throws -> Plan {
        let container = try world.requireSettledVM(vm)
        return Plan(vm: vm, container: container.id, startedAt: container.startedAt)
    }

    static func steps(_ plan: Plan, _ call: RebootVM?) -> [Step] {
        let stop = Step(
            name: "stop container \(plan.vm)", isDestructive: true,
            do: {
                try $0.engine.stopContainer(plan.container, seconds: $0.configuration.timeouts.stop)
            },
            verify: { world in
                guard let container = try world.engine.container(plan.container) else {
                    return true
                }
                return !container.isRunning || container.startedAt != plan.startedAt
            },
            undo: nil)
        let start = Step(
            name: "start container \(plan.vm)",
            do: { try $0.startContainer(plan.container) },
            verify: { try $0.engine.container(plan.container)?.isRunning ?? true },
            undo: nil)
        return [.mark(plan.vm, Self.name, plan), stop, start, .unmark(plan.vm)]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.engine.container(plan.container)?.isRunning == true ? .new : .old
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .null }
}
