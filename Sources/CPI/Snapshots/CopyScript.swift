/// Copies a volume inside a helper container, and compares: `copy.sh`. It runs in `sh` of a stemcell, with that one's
/// GNU coreutils and findutils: nothing else that a stemcell has keeps xattrs, ACLs, hard links and holes.
///
/// What did not change while it was read (same inode times before and after) must be in the copy with the
/// same type, mode, owner, links, size and target, and a random sample must have the same bytes at
/// beginning and end. What changed meanwhile is counted.
///
/// It says that the copy is there when the host has written it to its disk: a power loss may come after that.
///
/// Its own files may be on a disk that the copy fills. So each list that it compares by must have been written, and
/// the room for the words of a failure is taken at the start. What fails removes what it has copied, for want of room
/// before it lets the VM run: an Engine whose disk is full may not be able to unpause it.
///
/// It runs once: started again, by hand or by Docker, it does nothing. What it has filled may be in use by then.
enum CopyScript {
    static let directory = "/docker_cpi"
    static let from = "/docker_cpi.from"
    static let to = "/docker_cpi.to"

    /// What it and the CPI tell each other by: files that are there, or not yet. The script has the same names.
    enum File: String {
        /// The tools are there; it waits for `go`.
        case ready
        /// The CPI's: it may read the source now.
        case go
        /// All that is asked of the source was read: it may be written to from here on.
        case copied
        /// The copy is compared; the script ends with 0.
        case report
        /// Why not, in words; it ends with 1.
        case failed

        var path: String { "\(CopyScript.directory)/\(rawValue)" }
    }

    /// As Docker's `Entrypoint`.
    static let command = ["/bin/sh", "-c", text]

    static let text =
        "work=\(directory) from=\(from) to=\(to)\n" + String(resource: PackageResources.copy_sh)
}
