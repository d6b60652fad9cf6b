import Engine
import Journal

/// Copies a disk to a volume of its own, with all that a file system keeps of files, and compares.
///
/// The VM that has the disk is paused meanwhile, so that the copy is of one moment; but not for longer than
/// `snapshots.pause_limit`: then it runs on beside the copying, and the record says so. A snapshot is whole
/// when its record is there, which is made last.
struct SnapshotDisk: Mutation {
    static let name = "snapshot_disk"
    static let arguments = ["disk_cid", "metadata"]
    static let optionalArguments = 1
    static let rule = RecoveryRule.removeIncomplete
    static let makes: Subject.Kind? = .snapshot
    struct Plan: Codable {
        /// The VM that has the disk, as far as pausing is about it.
        struct User: Codable {
            let vm: VMCID
            /// Its id.
            let container: String
            let startedAt: String
            /// Whether it runs and is not paused.
            let runs: Bool
            /// Whether this operation pauses it.
            let pauses: Bool

            /// How it differs from what it was before, in words.
            fileprivate func differencesFromBefore(_ world: World) throws -> [String] {
                guard let now = try world.engine.container(container) else {
                    return ["the container of VM \(vm) is gone"]
                }
                var found = runs && !now.isRunning ? ["VM \(vm) is not running"] : []
                if pauses, now.isPaused { found.append("VM \(vm) is paused") }
                return try found + world.markWords(vm, differs: !found.isEmpty)
            }
        }
        let snapshot: SnapshotCID
        let disk: DiskCID
        let copier: Copier
        var user: User?
        /// Somebody else's container has the disk mounted and runs: that is not ours to pause.
        var isForeign = false
        /// Whether it gets a container that keeps prunes away from it.
        var isKept = false
        /// The director's, without secrets.
        var metadata: [String: String] = [:]

        /// What the snapshot is: the copy, and the record that it is whole.
        var volumes: [String] { [snapshot.description, snapshot.record] }
    }
    let disk: DiskCID
    let metadata: [String: String]
    var subjects: [Subject] { [disk.subject] }

    init(_ arguments: Arguments) throws {
        disk = try DiskCID(arguments[0])
        metadata = try arguments[1].optional { try $0.metadata() } ?? [:]
    }

    func plan(_ world: World) throws -> Plan {
        _ = try world.requireDisk(disk)
        let holders = try world.currentHolders(of: disk)
        let vm = try holders.first { !$0.isOld && $0.vm != nil }?.vm ?? world.vmWithoutPin(disk)
        let container = try vm.flatMap { try world.vm($0) }
        let snapshot = SnapshotCID.random()
        let copier = Copier(
            name: snapshot.copier, source: disk.description, target: snapshot.description,
            image: try world.copierImage(for: container))
        var plan = Plan(snapshot: snapshot, disk: disk, copier: copier)
        plan.isForeign = holders.contains {
            $0.container.isRunning && !$0.container.isPin && $0.container.id != container?.id
        }
        plan.isKept = world.configuration.pin == .always
        plan.metadata = world.recorder.store.cleaned(metadata)
        guard let vm, let container else { return plan }
        let runs = container.isRunning && !container.isPaused
        plan.user = Plan.User(
            vm: vm, container: container.id, startedAt: container.startedAt, runs: runs,
            pauses: runs && world.configuration.snapshots.pauseLimit > 0)
        return plan
    }

    /// The VM too: whatever comes next to it must unpause it first.
    static func subjects(of plan: Plan) -> [Subject] {
        [plan.snapshot.subject] + [plan.user?.vm.subject].compactMap(\.self)
    }

    static func steps(_ plan: Plan, _: SnapshotDisk?) -> [Step] {
        let course = SnapshotCourse(plan)
        let labels = [
            Label.snapshot: plan.snapshot.description, Label.snapshotOf: plan.disk.description,
            Label.metadata: JSON(plan.metadata).text,
        ]
        var steps: [Step] = [
            .createVolume(plan.snapshot.description) { _ in labels },
            .createCopier(plan.copier, name, plan), .startCopier(plan.copier),
        ]
        if let user = plan.user, user.pauses {
            steps += [
                .mark(user.vm, name, plan), .pause(user, course), .copy(course),
                .unpause(user, course), .unmark(user.vm, isLast: false),
            ]
        } else {
            steps += [.copy(course)]
        }
        return steps + [.verifyCopy(course)] + (plan.isKept ? [.keep(plan.snapshot)] : [])
            + [.record(course, labels), .removeCopier(plan.copier, keeping: plan.volumes)]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        guard try world.madeVolume(plan.snapshot.description) != nil else { return .incomplete }
        guard try world.madeVolume(plan.snapshot.record) == nil else { return .complete }
        // What keeps a copy from prunes is made when that was compared, and the copier goes when it has its record.
        guard try world.madeContainer([plan.copier.name]) == nil,
            try world.madeContainer([plan.snapshot.keeper]) != nil
        else { return .incomplete }
        return .gone(
            "snapshot \(plan.snapshot) may be whole: its record and the container that made it are both gone; "
                + "unless a director has a snapshot of that name: cpi-admin orphans says what removes it"
        )
    }

    static func differencesFromBefore(_ plan: Plan, _ world: World) throws -> [String] {
        var found = try plan.volumes.filter { try world.madeVolume($0) != nil }
            .map { "volume \($0) is left" }
        if try world.madeContainer([plan.copier.name]) != nil {
            found.append("container \(plan.copier.name) is left")
        }
        if plan.isKept, try world.madeContainer([plan.snapshot.keeper]) != nil {
            found.append("container \(plan.snapshot.keeper) is left")
        }
        if try world.disk(plan.disk) == nil { found.append("disk \(plan.disk) is gone") }
        if let user = plan.user { found += try user.differencesFromBefore(world) }
        return found
    }

    /// A snapshot that is whole needs its copier no more.
    static func removeRemains(_ plan: Plan, _ world: World) throws {
        try world.removeCopier(plan.copier.name)
        if let user = plan.user { try world.removeMadeVolume(user.vm.mark) }
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .string(plan.snapshot.description) }
}
