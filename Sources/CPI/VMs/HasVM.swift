import Engine
import Journal

/// True for a stopped VM and for one that is being replaced; an error when Docker does not answer.
struct HasVM: Query {
    static let name = "has_vm"
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ values: [JSON]) throws {
        vm = try VMCID(Arguments(values, ["vm_cid"], of: HasVM.name)[0])
    }

    func answer(_ world: World) throws -> JSON { .bool(try world.vm(vm) != nil) }
}
