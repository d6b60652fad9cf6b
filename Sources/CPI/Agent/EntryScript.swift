import Engine

/// What a VM's container runs: it prepares what the agent expects and becomes the init.
enum EntryScript {
    /// With `systemd` the init is /sbin/init; else runit, where the stemcell has it. `gateways`:
    /// where the default routes must lead, if Docker may choose others.
    static func text(systemd: Bool, settings: String, gateways: [String]) -> String {
        prepare + gateways.map(route).joined() + LiveScript.atStart + restoreStore(settings)
            + (systemd ? startSystemd : startRunit)
    }

    /// What goes ahead of the command of a VM that is not ours, and then runs that command.
    static func beside(settings: String) -> String {
        "mkdir -p /var/vcap/store /warden-cpi-dev\n" + LiveScript.atStart
            + restoreStore(settings) + "exec \"$@\"\n"
    }

    /// Where the agent keeps the CID of the disk that it mounted last.
    static let lastDisk = VMPlace.bosh + "/managed_disk_settings.json"

    /// The agent writes these files itself, which Docker's mounts on them would prevent.
    private static let prepare = String(resource: PackageResources.entry_prepare_sh)

    /// Engines before API 1.48 take the default route by the networks' names.
    private static func route(_ gateway: String) -> String {
        let family = gateway.contains(":") ? "-6 " : ""
        return "ip \(family)route replace default via \(gateway) 2>/dev/null\n"
    }

    /// The agent does not mount a directory disk again when it boots, and refuses to boot when its
    /// last disk is one that it does not know any more (contract §5.4): a disk that the director has
    /// taken away, though it may still be mounted here. With `settings.tmpfs` the agent's own words are gone after each
    /// start: then nothing says that the disk was taken away, and an agent that refuses is better than one whose jobs
    /// write beside the disk.
    static func restoreStore(_ settings: String) -> String {
        "last_disk=\(lastDisk) settings='\(escapedForSingleQuotes(settings))'\n"
            + String(resource: PackageResources.entry_store_sh)
    }

    /// For a place between single quotes; it adds none.
    static func escapedForSingleQuotes(_ text: String) -> String {
        text.replacing("'", with: "'\\''")
    }

    private static let startRunit = String(resource: PackageResources.entry_runit_sh)

    /// Units that fight over the host's devices, clocks and consoles are left out. `bosh ssh` needs ssh and the host keys
    /// that firstboot makes; bosh-dns asks systemd-resolved over D-Bus. Where /etc/resolv.conf is a link to what that one
    /// writes (Docker makes a file of it), it is told of the engine's name servers: a VM's networks may name none.
    private static let startSystemd = String(resource: PackageResources.entry_systemd_sh)

    /// `mount` without arguments, as the agent calls it to learn what is mounted: for a bind of a
    /// persistent disk it names the disk's hint path, where util-linux would name the device that
    /// all disks share and migrate_disk would find "already mounted".
    static let mountWrapperPath = VMPlace.bosh + "/bin/mount"
    static let mountWrapperFile = Tar.File(
        path: mountWrapperPath, content: Array(mountWrapper.utf8), mode: 0o755)
    static let mountWrapper = String(resource: PackageResources.mount_wrapper_sh)
}
