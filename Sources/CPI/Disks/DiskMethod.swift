import Engine
import Journal

/// What attach_disk and detach_disk have in common.
protocol DiskMethod: Mutation where Plan == DiskChange {
    var vm: VMCID { get }
    var disk: DiskCID { get }

    init(vm: VMCID, disk: DiskCID)
}

extension DiskMethod {
    static var arguments: [String] { ["vm_cid", "disk_cid"] }

    init(_ arguments: Arguments) throws {
        self.init(vm: try VMCID(arguments[0]), disk: try DiskCID(arguments[1]))
    }
}
