import Engine
import Journal

/// Labels cannot be changed, so metadata is kept in the journal and becomes a label when the VM's
/// container is replaced next.
struct SetVMMetadata: RecordedOnly {
    static let name = "set_vm_metadata"
    static let arguments = ["vm_cid", "metadata"]
    struct Plan: Codable {
        let vm: VMCID
        let metadata: [String: String]
    }
    let vm: VMCID
    let metadata: [String: String]
    var subjects: [Subject] { [vm.subject] }
    /// Nothing in Docker changes, and tagging must not wait for a remount.
    let locks: [Subject] = []

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
        metadata = try arguments[1].metadata()
    }

    func plan(_ world: World) throws -> Plan {
        _ = try world.requireVM(vm)
        return Plan(vm: vm, metadata: world.recorder.store.cleaned(metadata))
    }
}
