import Engine
import Journal

/// Removes all that belongs to a VM but its persistent disks. Gone already is success.
struct DeleteVM: Mutation {
    static let name = "delete_vm"
    static let arguments = ["vm_cid"]
    static let rule = RecoveryRule.finish
    static let deletes = true
    struct Plan: Codable {
        let vm: VMCID
        let containers: [NamedContainer]
        let volumes: [String]
        let images: [String]
        /// The pins of the disks that it has.
        let pins: [NamedContainer]
        /// Networks that were made for VMs; they go with the last one.
        let networks: [String]
        /// Its disks that get a container which keeps prunes away from them.
        let kept: [DiskCID]
    }
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
    }

    init(_ vm: VMCID) { self.vm = vm }

    /// A VM that is to go needs no healing first: the plan takes everything along. What is being done
    /// to it elsewhere must end first.
    func inTheWay(_ search: Search) throws -> [OpenOperation] {
        try search.requireNothingOnAnotherMachine(vm)
        return []
    }

    func plan(_ world: World) throws -> Plan {
        var anonymous: [String] = []
        var networks: Set<String> = []
        var disks: Set<DiskCID> = []
        let named = try world.containers(of: vm, alsoRenamed: true)
        let containers = named.filter { $0.isOwn(of: vm) }
        if named.isEmpty {
            try world.requireNotHidden(vm)
            try world.warnIfOnAnotherDaemon(vm.subject)
        }
        for stranger in named where !stranger.isOwn(of: vm) {
            let words =
                "container \(stranger.name) is not a VM of ours (it has no label \(Label.vm))"
            guard !containers.isEmpty else {
                throw CPIError.cloud("cannot delete VM \(vm): \(words)")
            }
            world.warn("\(words): it is left")
        }
        for member in containers {
            // It goes as well when Docker cannot describe it.
            guard let container = try world.listed(member.id, called: member.name) else { continue }
            networks.formUnion(container.endpoints.keys)
            disks.formUnion(container.mountedDisks)
            anonymous += container.mounts.filter(\.isAnonymous).map(\.name)
        }
        let pins = try world.pins(of: vm)
        return Plan(
            vm: vm, containers: containers.map { NamedContainer(id: $0.id, name: $0.name) },
            volumes: try ownVolumes(world) + Set(anonymous).sorted(),
            images: try world.imagesToDelete(with: vm),
            pins: pins.map { NamedContainer(id: $0.id, name: $0.disk.pin) },
            networks: try removable(networks, world),
            kept: try kept(disks.union(pins.map(\.disk)), world))
    }

    private func kept(_ disks: Set<DiskCID>, _ world: World) throws -> [DiskCID] {
        guard world.configuration.pin == .always else { return [] }
        return try disks.sorted().filter { try world.disk($0) != nil }
    }

    /// The VM's volumes that are there, by label; the Go CPI's by their name.
    private func ownVolumes(_ world: World) throws -> [String] {
        var own = try world.engine.volumes(.label(Label.vm, vm)).filter {
            vm.role(of: $0.name) != nil && $0.labels.label(Label.disk) == nil
        }.map(\.name).sorted()
        // Docker makes one that a prune has taken anew, without labels.
        if vm.isOurForm, !own.contains(vm.ephemeralVolume),
            try world.engine.volume(vm.ephemeralVolume)?.isHalfMade == true
        {
            own.append(vm.ephemeralVolume)
        }
        guard vm.isGoCPIs, try world.engine.volume(vm.goCPIsEphemeralVolume) != nil else {
            return own
        }
        return own + [vm.goCPIsEphemeralVolume]
    }

    private func removable(_ networks: Set<String>, _ world: World) throws -> [String] {
        guard world.configuration.removesUnusedNetworks else { return [] }
        return try networks.sorted().filter { name in
            guard let network = try world.engine.network(name) else { return false }
            return network.isMadeByCPI && !network.isDirectors
        }
    }

    static func steps(_ plan: Plan, _ call: DeleteVM?) -> [Step] {
        // The mark first: who has no journal does not bring the VM back by what it says.
        let marks = plan.volumes.filter { $0 == plan.vm.mark }
        let volumes = plan.volumes.filter { $0 != plan.vm.mark }
        return marks.map { .removeVolume($0, of: plan.vm) }
            + plan.kept.map { .keepIfPossible($0) }
            + plan.containers.map { .removeContainer($0.id, called: $0.name) }
            + plan.pins.map { .removePin($0.id, called: $0.name) }
            + volumes.map { .removeVolume($0, of: plan.vm) }
            + plan.images.map { .releaseCommittedImage($0, of: plan.vm) }
            + plan.networks.map { .removeUnusedNetwork($0) }
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        if let other = try successor(plan, world) { return .superseded(other) }
        // Those that were replaced are not the VM. By their ids: somebody may have given them other names.
        let current = plan.containers.filter { plan.vm.role(of: $0.name)?.isOld != true }
        let wanted = current.isEmpty ? plan.containers : current
        // Of one that Docker has begun to remove nothing may be left but the name.
        let isWhole = try wanted.allSatisfy {
            try world.isThere($0.id) { !["removing", "dead"].contains($0.status) }
        }
        return isWhole && !wanted.isEmpty ? .untouched("VM \(plan.vm)") : .unfinished
    }

    /// Who has replaced the VM since, or is at it, in words: its volumes and pins are needed. Nil for nobody.
    private static func successor(_ plan: Plan, _ world: World) throws -> String? {
        let planned = Set(plan.containers.map(\.id))
        let members = try world.containers(of: plan.vm, alsoRenamed: true)
        if let other = members.first(where: {
            !planned.contains($0.id) && $0.isOwn(of: plan.vm)
        }) {
            return Label.maker(other.labels)
        }
        guard let mark = try world.engine.volume(plan.vm.mark) else { return nil }
        // Its own first step is to remove one that was there before.
        let isLater = (mark.labels.label(Label.operation) ?? "") > world.operation
        return isLater || !plan.volumes.contains(plan.vm.mark) ? Label.maker(mark.labels) : nil
    }
}
