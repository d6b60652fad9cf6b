import Engine
import Journal

/// What attach_disk and detach_disk have in common.
protocol DiskMethod: Mutation where Plan == DiskChange {
    var vm: VMCID { get }
    var disk: DiskCID { get }
}
