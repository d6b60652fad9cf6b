import Engine
import Journal

/// Removes a snapshot: what says that it is whole comes first. Missing is success.
struct DeleteSnapshot: Mutation {
    static let name = "delete_snapshot"
    static let arguments = ["snapshot_cid"]
    static let rule = RecoveryRule.finish
    static let deletes = true
    struct Plan: Codable {
        let snapshot: SnapshotCID
        let isThere: Bool
        /// What keeps prunes away from it.
        var keeper: NamedContainer?
    }
    /// Nil for the empty CID, which the Go CPI's snapshot_disk answers: there never was a snapshot.
    let snapshot: SnapshotCID?
    var subjects: [Subject] { [snapshot?.subject].compactMap(\.self) }

    init(_ arguments: Arguments) throws {
        snapshot = try arguments[0].string().isEmpty ? nil : SnapshotCID(arguments[0])
    }

    func plan(_ world: World) throws -> Plan {
        guard let snapshot else { return Plan(snapshot: SnapshotCID(""), isThere: false) }
        let volume = try world.engine.volume(snapshot.description)
        guard try volume == nil || world.snapshot(snapshot) != nil else {
            throw CPIError.cloud(
                "cannot delete snapshot \(snapshot): volume \(snapshot) is no snapshot")
        }
        let record = try world.engine.volume(snapshot.record)
        var plan = Plan(snapshot: snapshot, isThere: volume != nil || record != nil)
        if !plan.isThere { try world.warnIfOnAnotherDaemon(snapshot.subject) }
        if let keeper = try world.engine.container(snapshot.keeper), keeper.isPin {
            plan.keeper = NamedContainer(id: keeper.id, name: keeper.name)
        }
        for user in try world.users(ofVolume: snapshot.description) {
            guard user.id != plan.keeper?.id, let container = try world.engine.container(user.id),
                container.mounts.contains(where: { $0.name == snapshot.description })
            else { continue }
            throw CPIError.cloud(
                "cannot delete snapshot \(snapshot): container \(container.name) has it "
                    + "mounted")
        }
        return plan
    }

    static func steps(_ plan: Plan, _ call: DeleteSnapshot?) -> [Step] {
        guard plan.isThere else { return [] }
        return [removal(plan.snapshot.record, of: plan.snapshot)]
            + (plan.keeper.map { [.removePin($0.id, called: $0.name)] } ?? [])
            + [removal(plan.snapshot.description, of: plan.snapshot)]
    }

    private static func removal(_ volume: String, of snapshot: SnapshotCID) -> Step {
        Step(
            name: "remove volume \(volume)", removes: .volume(volume), isDestructive: true,
            do: { world in
                guard let present = try world.engine.volume(volume) else { return }
                guard present.labels[Label.snapshot] == snapshot.description else {
                    throw CPIError.cloud("volume \(volume) is not of snapshot \(snapshot)")
                }
                try world.removeVolume(volume)
            },
            verify: { try $0.engine.volume(volume) == nil },
            undo: .impossible)
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        // The record goes first.
        let present = try [plan.snapshot.record, plan.snapshot.description].compactMap {
            try world.engine.volume($0)
        }
        let snapshot = plan.snapshot.description
        if let other = present.first(where: { $0.labels[Label.snapshot] != snapshot }) {
            return .superseded("a volume \(other.name) that does not say that it is the snapshot")
        }
        return present.count == 2 ? .untouched("snapshot \(plan.snapshot)") : .unfinished
    }
}
