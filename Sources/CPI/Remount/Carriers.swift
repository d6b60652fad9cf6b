import Engine

/// Where the state of a VM is while its container is being replaced: in the old container, in its
/// replacement, and in the image committed from the old one. One look at all three.
///
/// Labels tell whether the image and the replacement hold what the old container holds: both bear the
/// time of its last end (`FinishedAt`). Clocks are not compared.
struct Carriers {
    /// The container that is to be replaced.
    enum Old: Equatable, CaseIterable {
        case absent
        /// Not running, and it has not run since the commit, or since the plan where nothing is committed.
        case rested
        /// Not running, and it has run since.
        case reran
        case running
    }

    /// The container that takes over.
    enum Replacement: Equatable, CaseIterable {
        case absent
        /// Never started.
        case fresh
        /// Was started, by us or by somebody else, and does not run now.
        case ran
        case running
    }

    /// The image that this operation committed from the old container.
    enum Image: Equatable, CaseIterable {
        case absent
        /// Holds all that the old container holds. Also when that one is gone.
        case current
        /// The old container has run since.
        case stale
    }

    /// Which container has the VM's name.
    enum Name: Equatable {
        case old, replacement, nobody
        /// That of another operation, in words.
        case other(String)
    }

    var old: Old
    var replacement: Replacement
    var image: Image
    var name: Name
    /// Somebody has started the replacement since the operation began to go back.
    var isStartedAnew = false
    /// Nothing is left of the old container, and the VM can only be made again as it was before: the disk that is to be
    /// attached is gone, or the replacement that is there is as before already.
    var isAsBefore = false
    /// Images that earlier operations committed from the VM; looked for when nothing else is there.
    var olderImages: [String] = []
    /// As seen, for texts and for requests by id.
    var oldContainer: Container?
    var replacementContainer: Container?

    /// Whether both containers have run since they parted.
    var haveBothRun: Bool {
        [.reran, .running].contains(old) && [.ran, .running].contains(replacement)
    }
}

extension Carriers {
    /// Looks at Docker. Throws `EngineError`, and `CannotLook` where a container that
    /// is not of the VM has its name, or where the last copy of the VM has lost its own.
    static func look(_ plan: Remount, _ world: World) throws -> Carriers {
        let old = try world.engine.container(plan.old)
        let replacement = try world.madeContainer(plan.names)
        let image = try world.madeImage(plan.image)
        let seen = replacement?.labels[Label.endOfOld] ?? ""
        let committed = image?.labels[Label.endOfOld] ?? ""
        let parted = committed.isEmpty ? seen : committed
        let started = world.progress.undoing.map {
            $0.replacementStarted != replacement?.startedWhen
        }
        let isAllGone = old == nil && replacement == nil && image == nil
        let name = try name(plan, old, replacement, world)
        if isAllGone, name == .nobody { try world.requireNoUnnamedImage(of: plan) }
        return Carriers(
            old: Old(old, parted: parted, startedWhenPlanned: plan.startedAt),
            replacement: Replacement(replacement),
            image: Image(image?.labels, of: old),
            name: name,
            isStartedAnew: started ?? false,
            isAsBefore: try old == nil && plan.isAsBefore(replacement, world),
            olderImages: isAllGone ? try world.committedImages(plan.vm) : [],
            oldContainer: old, replacementContainer: replacement)
    }

    private static func name(
        _ plan: Remount, _ old: Container?, _ replacement: Container?, _ world: World
    ) throws -> Name {
        let vm = plan.vm.description
        if old?.name == vm { return .old }
        if replacement?.name == vm { return .replacement }
        guard let holder = try world.engine.container(vm) else { return .nobody }
        try holder.requireToBe(plan.vm)
        return .other(Label.maker(holder.labels))
    }
}

extension Remount {
    fileprivate func isAsBefore(_ replacement: Container?, _ world: World) throws -> Bool {
        guard change == .replace else { return false }
        if let replacement { return replacement.hasInPlace(disk) != isAttach }
        return try isAttach && world.disk(disk) == nil
    }
}

extension World {
    /// Somebody may have given the name of the image that holds all of the VM to another one. Where there is a
    /// container of the VM, that is the VM; where its mark is gone, it was deleted.
    fileprivate func requireNoUnnamedImage(of plan: Remount) throws {
        guard try engine.volume(plan.vm.mark) != nil, try containers(of: plan.vm).isEmpty,
            let image = try unnamedImages(plan.vm).first(where: { made($0.labels) })
        else {
            return
        }
        throw CannotLook(
            description:
                "the containers of VM \(plan.vm) are gone, and the image that holds all of it has "
                + "lost its name; next: docker tag \(image.shortID) \(plan.image), then \(RecoveryCommand.all)"
        )
    }
}

extension Carriers.Old {
    /// `parted`: when it ended before the commit; empty when nothing was committed from it, or what was is
    /// gone: then its start tells, which is another one than when the operation was planned.
    fileprivate init(_ container: Container?, parted: String, startedWhenPlanned: String) {
        guard let container else {
            self = .absent
            return
        }
        if container.isRunning {
            self = .running
        } else {
            let isSame =
                parted.isEmpty
                ? startedWhenPlanned.isEmpty || container.startedAt == startedWhenPlanned
                : container.endOfRun == parted
            self = isSame ? .rested : .reran
        }
    }
}

extension Carriers.Replacement {
    fileprivate init(_ container: Container?) {
        guard let container else {
            self = .absent
            return
        }
        self = container.isRunning ? .running : container.wasStarted ? .ran : .fresh
    }
}

extension Carriers.Image {
    /// `labels`: the image's; nil when it is not there.
    fileprivate init(_ labels: [String: String]?, of old: Container?) {
        guard let labels else {
            self = .absent
            return
        }
        guard let old else {
            self = .current
            return
        }
        self = old.isHeld(by: labels) ? .current : .stale
    }
}
