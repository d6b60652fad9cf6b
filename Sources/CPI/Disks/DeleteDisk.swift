import Engine
import Journal

/// The only code that removes a persistent disk.
struct DeleteDisk: Mutation {
    static let name = "delete_disk"
    static let lane = Lane.finish
    static let deletes = true
    struct Plan: Codable {
        let disk: DiskCID
    }
    let disk: DiskCID
    var subjects: [Subject] { [disk.subject] }

    init(_ values: [JSON]) throws {
        disk = try DiskCID(Arguments(values, ["disk_cid"], of: Self.name)[0])
    }

    func plan(_ world: World) throws -> Plan {
        _ = try world.requireDisk(disk)
        if let holder = try world.holders(of: disk).first {
            throw CPIError(
                kind: .cloud, message: "cannot delete disk \(disk): VM \(holder) has it mounted")
        }
        return Plan(disk: disk)
    }

    static func steps(_ plan: Plan, _ call: DeleteDisk?) -> [Step] {
        let name = plan.disk.description
        let remove = Step(
            name: "delete disk \(name)", isDestructive: true,
            do: { world in
                do {
                    try world.engine.removeVolume(name)
                } catch let error as EngineError where error.isNotFound {
                    return
                }
            },
            verify: { try $0.engine.volume(name) == nil },
            undo: nil)
        return [remove]
    }

    static func situation(_ plan: Plan, _ world: World) throws -> Situation {
        try world.engine.volume(plan.disk.description) == nil ? .new : .old
    }

    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .null }
}
