import Engine
import Journal

/// Makes a volume; from a snapshot, when cloud_properties name one, with all that it holds. Its size is a
/// label, and a limit where Docker can set one.
struct CreateDisk: Mutation {
    static let name = "create_disk"
    static let arguments = ["size", "cloud_properties", "vm_cid"]
    static let optionalArguments = 1
    static let rule = RecoveryRule.keepWhatIsMade
    static let makes: Subject.Kind? = .disk
    struct Plan: Codable {
        let disk: DiskCID
        let sizeMiB: Int
        /// Whether it gets a container that keeps prunes away from it.
        let isKept: Bool
        /// What it is filled from, and by whom; nil for a disk that is empty.
        var snapshot: SnapshotCID?
        var copier: Copier?
    }
    let sizeMiB: Int
    let kind: DiskKind
    let snapshot: SnapshotCID?
    /// Names in cloud_properties that mean nothing here, sorted.
    private let unknown: [String]
    var subjects: [Subject] { [snapshot?.subject].compactMap(\.self) }

    init(_ arguments: Arguments) throws {
        // The VM is a hint where to make the disk. There is one place, so it may be gone, or null.
        sizeMiB = try arguments[0].int(DiskSize.possible)
        let properties = try arguments[1].optional { try $0.object() } ?? [:]
        unknown = Set(properties.keys).subtracting(DiskKind.keys + ["snapshot"]).sorted()
        kind = try DiskKind(arguments[1])
        snapshot = try arguments[1].member("snapshot").optional { try SnapshotCID($0) }
        guard snapshot == nil || kind.options["type"] != "tmpfs" else {
            throw Field.Wrong(
                description:
                    "\(arguments[1].name).snapshot cannot fill a tmpfs, which is empty whenever no "
                    + "container has it")
        }
        _ = try arguments[2].optional { $0.value.string == "" ? nil : try VMCID($0) }
    }

    func plan(_ world: World) throws -> Plan {
        world.warn(ofUnknown: unknown, in: "cloud_properties")
        var plan = Plan(
            disk: .random(), sizeMiB: sizeMiB, isKept: world.configuration.pin == .always)
        guard let snapshot else { return plan }
        _ = try world.requireWhole(snapshot)
        plan.snapshot = snapshot
        plan.copier = Copier(
            name: plan.disk.copier, source: snapshot.description, target: plan.disk.description,
            image: try world.copierImage(for: nil))
        return plan
    }

    static func subjects(of plan: Plan) -> [Subject] { [plan.disk.subject] }

    static func steps(_ plan: Plan, _ call: CreateDisk?) -> [Step] {
        let name = plan.disk.description
        let make = Step(
            name: "create disk \(name)",
            do: { world in
                guard let call else { return }
                var labels = [Label.disk: name, Label.sizeMiB: String(plan.sizeMiB)]
                labels[Label.copyOf] = plan.snapshot?.description
                try world.createDisk(name, labels, plan.sizeMiB, call)
            },
            verify: { try $0.madeVolume(name) != nil },
            undo: .impossible)  // a disk that a director may know of goes by delete_disk alone
        return [make] + (plan.copier.map { filling($0, plan) } ?? [])
            + (plan.isKept ? [.keep(plan.disk)] : [])
    }

    private static func filling(_ copier: Copier, _ plan: Plan) -> [Step] {
        [
            .createCopier(copier, name, plan), .startCopier(copier), .fill(copier),
            .removeCopier(copier, keeping: [plan.disk.description]),
        ]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        guard try world.madeVolume(plan.disk.description) != nil else {
            guard try world.engine.volume(plan.disk.description) != nil else { return .incomplete }
            return .gone(
                "volume \(plan.disk) is there, and does not say that this operation has made it; unless a "
                    + "director has a disk of that name: docker volume rm \(plan.disk)")
        }
        switch try plan.copier.map(world.filling) ?? .whole {
        case .whole: return .complete
        case .half: return .incomplete
        case .unknown:
            return .gone(
                "volume \(plan.disk) may be empty, half filled or whole: no container is there that fills it; "
                    + "unless a director has a disk of that name: docker volume rm \(plan.disk)")
        }
    }

    static func removeRemains(_ plan: Plan, _ world: World) throws {
        guard let copier = plan.copier else { return }
        switch try world.filling(copier) {
        case .whole:
            // With the copier goes Docker's word that the disk is whole: as a step, that is recorded first.
            guard try world.madeContainer([copier.name]) != nil else { return }
            try Runner(world: world).forward([.removeCopier(copier)])
        case .half: try Runner(world: world).forward([.removeHalf(copier)])
        case .unknown: break
        }
    }

    static func removals(_ plan: Plan, _ action: Action, _ seen: Removals) throws -> [String] {
        switch action {
        case .back, .forward: try seen.usual(action, steps(plan, nil))
        case .superseded, .close, .park:
            try seen.copiers() + half(plan, seen.world).map { "volume \($0.name)" }
        }
    }

    /// A disk that is half filled is none: nobody has its CID. Empty where that is not certain.
    private static func half(_ plan: Plan, _ world: World) throws -> [Volume] {
        guard let copier = plan.copier, try world.filling(copier) == .half else { return [] }
        return try [target(of: copier, world)].compactMap(\.self)
    }

    /// What the copier fills, if this operation made it for that.
    fileprivate static func target(of copier: Copier, _ world: World) throws -> Volume? {
        guard let volume = try world.madeVolume(copier.target),
            volume.labels[Label.copyOf] == copier.source
        else { return nil }
        return volume
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .string(plan.disk.description) }
}

extension Step {
    fileprivate static func fill(_ copier: Copier) -> Step {
        Step(
            name: "copy volume \(copier.source) to \(copier.target)",
            do: { world in
                try world.startCopying(copier)
                let report = try copier.awaitReport(world)
                guard report.changed == 0 else {
                    throw CPIError.cloud("somebody has written to volume \(copier.source)")
                }
                let snapshot = SnapshotCID(copier.source)
                guard try world.hasAllOf(snapshot, report) == true else {
                    throw CPIError.cloud(
                        "snapshot \(snapshot) is not what it was: it has "
                            + "\(report.entries) entries with \(report.bytes) bytes, and its record "
                            + "says otherwise")
                }
                world.note("\(report.entries) entries, \(report.bytes) bytes")
            },
            verify: { try $0.filling(copier) == .whole },
            undo: .withAnother)
    }

    /// With the copier goes Docker's word that the disk is half filled: as a step, that is recorded first.
    fileprivate static func removeHalf(_ copier: Copier) -> Step {
        Step(
            name: "remove half filled volume \(copier.target)", isDestructive: true,
            do: { world in
                let target = try CreateDisk.target(of: copier, world)
                try world.removeCopier(copier.name)
                if let target { try world.removeVolume(target.name) }
            },
            verify: { try CreateDisk.target(of: copier, $0) == nil },
            undo: .impossible)
    }
}

/// How far a disk is filled from a snapshot.
enum Filling { case whole, half, unknown }

extension EngineError {
    /// Docker's words, and podman's.
    fileprivate var isWithoutQuota: Bool {
        ["no quota support", "does not support Project Quota"].contains { description.contains($0) }
    }
}

extension World {
    /// Docker and podman limit a local volume where its file system has project quotas, and else refuse a size,
    /// saying so.
    fileprivate func createDisk(
        _ name: String, _ labels: [String: String], _ sizeMiB: Int, _ call: CreateDisk
    ) throws {
        func make(_ options: [String: String]) throws {
            let volume: Volume
            do {
                volume = try engine.createVolume(
                    name, labels: Label.made(labels, self), driver: call.kind.driver,
                    options: options)
            } catch let error as EngineError where error.isWithoutPlugin {
                throw CPIError.cloud(
                    "cannot create disk \(name): this Docker has no volume driver \(call.kind.driver) (\(error))"
                )
            }
            guard made(volume.labels) else {
                throw CPIError.cloud("cannot create disk \(name): there is a volume already")
            }
        }
        guard call.kind.isPlain else { return try make(call.kind.options) }
        let limit = Volume.limit(sizeMiB, isPodman: try engine.isPodman())
        func makeLimited() throws {
            do {
                try make(limit)
            } catch let error as EngineError where error.isWithoutQuota {
                try make([:])
            }
        }
        do {
            try makeLimited()
        } catch let error as EngineError where error.isOutcomeUnknown {
            // The answer that was lost may be the refusal, and what is there may have no labels: nobody else has had
            // reason to use its name yet.
            guard try madeVolume(name) == nil else { return }
            try removeHalfMade(name)
            do {
                try makeLimited()
            } catch {
                try? removeHalfMade(name)
                throw error
            }
        }
    }

    private func removeHalfMade(_ name: String) throws {
        guard try engine.volume(name)?.isHalfMade == true else { return }
        try removeVolume(name)
    }

    /// How much of the source the target holds: the copier says so for as long as it is there, and then
    /// that its removal was begun. A journal may have stopped telling before that.
    func filling(_ copier: Copier) throws -> Filling {
        if try madeContainer([copier.name]) != nil {
            guard let report = try copier.report(self), report.changed == 0 else { return .half }
            switch try hasAllOf(SnapshotCID(copier.source), report) {
            case true?: return .whole
            case false?: return .half
            case nil: return .unknown  // somebody has removed the record since
            }
        }
        guard recorder.hasBegun(Step.removeHalf(copier).name) != true else { return .half }
        switch recorder.hasBegun(Step.removeCopier(copier).name) {
        case true?: return .whole
        case false?: return .half
        case nil: return .unknown
        }
    }
}
