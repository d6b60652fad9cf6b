import Engine
import Journal

/// The only method that removes a disk which a director may know of.
///
/// A VM that was only given the disk at create_vm gives it back first; old containers that list it
/// and hold nothing else go first.
struct DeleteDisk: Mutation {
    static let name = "delete_disk"
    static let arguments = ["disk_cid"]
    static let rule = RecoveryRule.finish
    static let deletes = true
    struct Plan: Codable {
        struct OldContainer: Codable {
            let id: String
            let name: String
            let vm: VMCID
        }
        let disk: DiskCID
        let oldContainers: [OldContainer]
        /// An interrupted delete_disk, which this call has finished, had deleted it.
        let isGone: Bool
        /// The pin of a VM that is gone, and the keeper.
        var pins: [NamedContainer] = []
    }
    let disk: DiskCID
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
    }

    init(_ disk: DiskCID) { self.disk = disk }

    /// create_vm mounts the disks that it is given, and bosh-cli may delete one of them right after:
    /// such a disk was never attached, and is taken out of the VM first.
    func preparation(_ world: World) throws -> (any Mutation)? {
        guard world.recorder.store.mayBeMountedAhead(disk), try world.disk(disk) != nil else {
            return nil
        }
        for holder in try world.holders(of: disk) where !holder.isOld {
            guard let vm = holder.vm, holder.container.name == vm.description,
                holder.container.hasInPlace(disk),
                try world.isOnlyMountedAhead(disk, in: vm, holder.container)
            else { continue }
            return DetachDisk(vm: vm, disk: disk)
        }
        return nil
    }

    func plan(_ world: World) throws -> Plan {
        guard try world.disk(disk) != nil else {
            guard world.hasJustFinished(Self.name, disk.subject) else {
                try world.warnIfOnAnotherDaemon(disk.subject)
                throw CPIError.diskNotFound(disk)
            }
            return Plan(disk: disk, oldContainers: [], isGone: true)
        }
        var old: [Plan.OldContainer] = []
        for holder in try world.currentHolders(of: disk) {
            guard let vm = holder.vm, holder.isOld, try world.isHeld(holder.container, vm) else {
                throw CPIError.cloud("cannot delete disk \(disk): \(holder.words)")
            }
            old.append(
                Plan.OldContainer(id: holder.container.id, name: holder.container.name, vm: vm))
        }
        let pin = try world.pin(of: disk)
        if let vm = try world.vmWithoutPin(disk, pin) {
            throw CPIError.cloud(
                "cannot delete disk \(disk): "
                    + World.DiskHolder.words(withoutPin: vm))
        }
        let keeper = try world.engine.container(disk.keeper).flatMap { $0.isPin ? $0 : nil }
        let pins = [pin, keeper].compactMap(\.self).map {
            NamedContainer(id: $0.id, name: $0.name)
        }
        return Plan(disk: disk, oldContainers: old, isGone: false, pins: pins)
    }

    static func steps(_ plan: Plan, _ call: DeleteDisk?) -> [Step] {
        guard !plan.isGone else { return [] }
        let name = plan.disk.description
        let remove = Step(
            name: "delete disk \(name)", removes: .volume(name), isDestructive: true,
            do: { try $0.removeDisk(plan.disk) },
            verify: { try $0.engine.volume(name) == nil },
            undo: .impossible)
        return plan.oldContainers.map(Step.removeOldContainer)
            + plan.pins.map { .removePin($0.id, called: $0.name) } + [remove]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        guard let volume = try world.engine.volume(plan.disk.description) else {
            return .unfinished
        }
        if volume.isDisk { return .untouched("disk \(plan.disk)") }
        guard !volume.isLocal, volume.labels.isEmpty else {
            return .superseded("a volume \(plan.disk) that does not say that it is a disk")
        }
        return .gone(
            "volume \(plan.disk) does not say that it is a disk: its plugin may have forgotten that, "
                + "or somebody has made it anew")
    }

    /// A deletion that is given up leaves the disk as safe from prunes as it was.
    static func removeRemains(_ plan: Plan, _ world: World) throws {
        let hadKeeper = plan.pins.contains { $0.name == plan.disk.keeper }
        guard hadKeeper, try world.disk(plan.disk) != nil,
            try world.engine.container(plan.disk.keeper) == nil
        else { return }
        try world.createKeeper(plan.disk)
    }
}

extension Step {
    /// Removes an old container that another container of its VM holds everything of.
    fileprivate static func removeOldContainer(_ old: DeleteDisk.Plan.OldContainer) -> Step {
        Step(
            name: "remove container \(old.name)", removes: .container(old.name),
            isDestructive: true,
            do: { try $0.removeContainer(old.id, .heldBySuccessor(old.vm)) },
            verify: { try $0.engine.container(old.id) == nil },
            undo: .impossible)
    }
}

extension World {
    /// Its volume, unless that is another one by now: somebody has made one of its name, or a plugin that failed has
    /// forgotten what it is.
    fileprivate func removeDisk(_ disk: DiskCID) throws {
        guard let volume = try engine.volume(disk.description) else { return }
        guard volume.isDisk else {
            throw CPIError.cloud(
                "cannot delete disk \(disk): the volume of its name does not say that it is a disk")
        }
        try removeVolume(disk.description)
    }

    /// Whether the disk is in the VM's container for no other reason than that create_vm was given
    /// it: no attach_disk, and nothing inside uses it. Where no journal tells, it is not.
    fileprivate func isOnlyMountedAhead(_ disk: DiskCID, in vm: VMCID, _ container: Container)
        throws
        -> Bool
    {
        guard recorder.store.disksMountedAhead(in: vm)?.contains(disk) == true else { return false }
        let uses = try mountPoints(in: container.id).filter {
            VolumeDirectory.isDirectory($0.root, of: disk.description) && $0.place != disk.hint
        }
        return uses.isEmpty
    }
}
