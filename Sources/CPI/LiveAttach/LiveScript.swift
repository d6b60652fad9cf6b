/// The shell functions that mount a disk in a VM that runs, and take it out again: `live_*.sh`. One text: the entry
/// script has them for every start, and attach_disk and detach_disk run them in the VM.
///
/// A local volume is a directory on the host. A privileged VM can mount the block device that this
/// directory is on, bind the directory, and let go of the device. They need sh, mknod, mount and
/// umount; what they print is for an error text or a container's log.
enum LiveScript {
    /// A directory in the VM: a file for each disk that is to be mounted whenever the VM starts,
    /// empty, or not empty where the disk was taken away while the VM was stopped. The entry script
    /// makes the directory in a VM that can mount disks, at each start: that it is there says so.
    static let list = VMPlace.bosh + "/live_disks"

    /// A directory beside it: by disk, the operation that has attached it last.
    static let by = VMPlace.bosh + "/live_disks.by"

    /// What such a file says of a disk that was taken away, after that operation had attached it; nil where
    /// nothing tells which.
    static func detached(_ attacher: String?) -> [UInt8] {
        Array("detached \(attacher ?? "")\n".utf8)
    }

    /// The file that names the operation which has attached the disk.
    static func attacher(of disk: DiskCID) -> String { "\(by)/\(disk)" }

    /// The file of the list that says that the disk is attached.
    static func entry(_ disk: DiskCID) -> String { "\(list)/\(disk)" }

    /// `EX_CONFIG`: the exit code of a VM that has no way to mount a disk of its list.
    static let exitCode = 78

    /// Mounts the disks of the list, or ends the VM's start. Before anything that uses the disks.
    static let atStart =
        functions + """
            live_start

            """

    /// Puts the disk `$1` on the list and mounts it, for the operation `$2` in the mode `$3`, as its script
    /// number `$4`. Done already: success.
    static let attach = functions + "live_alone live_attach \"$@\"\n"

    /// Unmounts the disk `$1` wherever it is mounted and takes it from the list, likewise. A disk that is in
    /// use stays as it is: the output then names who uses it.
    static let detach = functions + "live_alone live_detach \"$@\"\n"

    /// What a script is run for. After `undo` none with its number does anything any more, however late
    /// Docker starts it.
    enum Mode: String { case `do`, undo }

    /// From here on no script that was sent before does anything for the disk `$1` and the operation `$2`. Its
    /// output is the number for later ones.
    static let settle = functions + "live_settle \"$@\"\n"

    /// What there is of the disk `$1`: the lines "listed", "mounted" and "by OPERATION".
    static let look = functions + "live_report \"$1\"\n"

    /// Whether the VM can mount disks at all: nothing, or the reason why not.
    static let probe = functions + "live_probe\n"

    private static let names = """
        live_list=\(list) live_attachers=\(by) live_last_disk=\(EntryScript.lastDisk) live_exit_code=\(exitCode)

        """

    private static let functions =
        names + String(resource: PackageResources.live_mount_sh)
        + String(resource: PackageResources.live_unmount_sh)
        + String(resource: PackageResources.live_turns_sh)
}
