import Engine
import Journal

/// True for a stopped VM, and for one that is being replaced even if only its image is left; an error when
/// Docker does not answer.
struct HasVM: Query {
    static let name = "has_vm"
    static let arguments = ["vm_cid"]
    let vm: VMCID
    var subjects: [Subject] { [vm.subject] }

    init(_ arguments: Arguments) throws {
        vm = try VMCID(arguments[0])
    }

    func answer(_ world: World) throws -> JSON {
        let isThere = try world.vm(vm) != nil || world.lastCopy(of: vm) != nil
        if !isThere {
            try world.requireNotHidden(vm)
            try world.warnIfOnAnotherDaemon(vm.subject)
        }
        return .bool(isThere)
    }
}
