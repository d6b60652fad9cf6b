import Engine
import Journal

/// Labels cannot be changed, so metadata is kept in the journal and becomes a label when the VM's
/// container is replaced next.
struct SetVMMetadata: Mutation {
    static let name = "set_vm_metadata"
    static let lane = Lane.nothing
    struct Plan: Codable {
        let vm: VMCID
        let metadata: [String: String]
    }
    let vm: VMCID
    let metadata: [String: String]
    var subjects: [Subject] { [vm.subject] }
    /// Nothing in Docker changes, and tagging must not wait for a remount.
    let locks: [Subject] = []

    init(_ values: [JSON]) throws {
        let arguments = try Arguments(values, ["vm_cid", "metadata"], of: Self.name)
        vm = try VMCID(arguments[0])
        metadata = try arguments[1].metadata()
    }

    func plan(_ world: World) throws -> Plan {
        _ = try world.requireVM(vm)
        return Plan(vm: vm, metadata: metadata)
    }

    static func steps(_ plan: Plan, _ call: SetVMMetadata?) -> [Step] { [] }
    static func situation(_ plan: Plan, _ world: World) -> Situation { .old }
    func answer(_ plan: Plan, _ request: CallContext) -> JSON { .null }
}

extension World {
    /// What set_vm_metadata said last, as a JSON text; nil when no journal tells.
    func latestMetadata(_ vm: VMCID) -> String? {
        let plan = recorder.read { journal in
            try journal.done(method: SetVMMetadata.name, subject: vm.description).first?.plan
        }
        guard let text = plan ?? nil, let json = try? JSON(parsing: text.utf8) else { return nil }
        return json["metadata"].text
    }
}
