import Engine
import Journal

/// The plan of attach_disk and detach_disk: one of the two ways there are.
enum DiskChange: Codable {
    /// The VM is stopped, and a container with other mounts takes its place.
    case remount(Remount)
    /// The disk is mounted in the VM, or unmounted, while the VM runs.
    case live(LiveChange)

    /// Plans of both kinds are told apart by what they change.
    init(from decoder: Decoder) throws {
        let change = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .change)
        self =
            LiveChange.Change(rawValue: change) == nil
            ? .remount(try Remount(from: decoder)) : .live(try LiveChange(from: decoder))
    }

    func encode(to encoder: Encoder) throws {
        switch self {
        case .remount(let plan): try plan.encode(to: encoder)
        case .live(let plan): try plan.encode(to: encoder)
        }
    }

    private enum Key: String, CodingKey { case change }

    var vm: VMCID {
        switch self {
        case .remount(let plan): plan.vm
        case .live(let plan): plan.vm
        }
    }

    /// The call found what it was to bring about: that tells of this VM alone.
    var isNothing: Bool {
        switch self {
        case .remount(let plan): plan.change == .nothing
        case .live: false
        }
    }

    var disk: DiskCID {
        switch self {
        case .remount(let plan): plan.disk
        case .live(let plan): plan.disk
        }
    }
}

extension DiskMethod {
    static var rule: RecoveryRule { .replacement }
    var subjects: [Subject] { [vm.subject, disk.subject] }

    static func steps(_ plan: DiskChange, _ call: Self?) -> [Step] {
        switch plan {
        case .remount(let plan): plan.steps
        case .live(let plan): plan.steps
        }
    }

    static func endLateRequests(_ plan: DiskChange, _ world: World) throws {
        guard case .live(let plan) = plan else { return }
        try world.endLateScripts(plan)
    }

    static func situation(_ plan: DiskChange, _ world: World) throws -> Situation {
        switch plan {
        case .remount(let plan): return try plan.situation(world)
        case .live(let plan):
            var state = try LiveState(plan, world)
            state.isWithAnotherVM = try world.anotherVM(with: plan) != nil
            return .live(plan, state)
        }
    }

    static func stepsBackFromImage(_ plan: DiskChange, _ world: World) throws -> [Step]? {
        guard case .remount(let plan) = plan else { return nil }
        return try plan.stepsBackFromImage(world)
    }

    static func undoingBegins(_ plan: DiskChange, _ world: World) throws -> UndoingBegan? {
        guard case .remount(let plan) = plan else { return nil }
        return try plan.undoingBegins(world)
    }

    static func differencesFromBefore(_ plan: DiskChange, _ world: World) throws -> [String] {
        let (disk, found) =
            switch plan {
            case .remount(let plan): (plan.disk, try plan.differencesFromBefore(world))
            case .live(let plan): (plan.disk, try plan.differencesFromBefore(world))
            }
        // It keeps prunes from the disk in any case, and stays.
        let keeper = try world.madeContainer([disk.keeper])
        return found + (keeper.map { ["container \($0.name) is there"] } ?? [])
    }

    static func removals(_ plan: DiskChange, _ action: Action, _ seen: Removals) throws -> [String]
    {
        switch plan {
        case .remount(let plan): try plan.removals(action, seen.world) + seen.marks()
        case .live(let plan): try plan.removals(action, seen.world)
        }
    }

    static func removeRemains(_ plan: DiskChange, _ world: World) throws {
        guard case .remount(let plan) = plan else { return }
        try plan.removeRemains(world)
    }
}
