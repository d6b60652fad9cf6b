/// How an operation of a method is settled in general.
enum RecoveryRule {
    /// create_vm, create_stemcell, snapshot_disk: nobody can have the name of what is incomplete, so it goes.
    case removeIncomplete
    /// create_disk, create_network: what is whole is kept. A disk goes only while it is certain that it is half
    /// filled from its snapshot.
    case keepWhatIsMade
    /// attach_disk, detach_disk: `CustodyTable` decides, and `LiveTable` where the VM is not replaced.
    case replacement
    /// delete_*, reboot_vm: forward from the first effect.
    case finish
    /// Nothing in Docker changes.
    case nothing
}
