import Engine
import Journal

/// Removes all that belongs to a VM but its persistent disks. Gone already is success.
struct DeleteVM: Mutation {
    static let name = "delete_vm"
    static let lane = Lane.finish
    static let deletes = true
    struct Plan: Codable {
        struct Named: Codable {
            let id: String
            let name: String
        }
        let vm: VMCID
        let containers: [Named]
        let volumes: [String]
        let images: [String]
    }
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ values: [JSON]) throws {
        vm = try VMCID(Arguments(values, ["vm_cid"], of: Self.name)[0])
    }

    /// A VM that is to go needs no healing first: the plan takes everything along.
    func settleBefore(_ settlement: Settlement) throws { try settlement.requireNobodyElse(vm) }

    func plan(_ world: World) throws -> Plan {
        var containers: [Plan.Named] = []
        for name in [vm.description, vm.unmade] {
            guard let container = try world.engine.container(name) else { continue }
            guard container.labels[Label.vm] == vm.description || name.hasPrefix("c-") else {
                throw CPIError(
                    kind: .cloud,
                    message: "cannot delete VM \(vm): container \(name) is not a VM of ours "
                        + "(it has no label \(Label.vm))")
            }
            containers.append(Plan.Named(id: container.id, name: name))
        }
        containers += try world.otherContainers(vm).map { Plan.Named(id: $0.id, name: $0.name) }
        // The reference CPI named ephemeral volumes otherwise, and labelled nothing.
        let names = vm.description.hasPrefix("c-") ? ["vol-eph-\(vm)"] : []
        let labelled = try [vm.ephemeralVolume, vm.mark].filter {
            try world.engine.volume($0)?.labels[Label.vm] == vm.description
        }
        let anonymous = try containers.flatMap { container in
            try world.engine.container(container.id)?.mounts.filter(\.isAnonymous).map(\.name) ?? []
        }
        let volumes = try Set(names + labelled + anonymous).sorted().filter {
            try world.engine.volume($0) != nil
        }
        return Plan(
            vm: vm, containers: containers, volumes: volumes,
            images: try world.committedImages(vm))
    }

    static func steps(_ plan: Plan, _ call: DeleteVM?) -> [Step] {
        plan.containers.map { .removeContainer($0.id, called: $0.name) }
            + plan.volumes.map { .removeVolume($0) }
            + plan.images.map { .removeImage($0) }
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.vm(plan.vm) == nil ? .new : .old
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .null }
}
