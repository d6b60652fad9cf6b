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
    private static let prepare = """
        saved=$(cat /etc/resolv.conf 2>/dev/null)
        for file in /etc/resolv.conf /etc/hosts /etc/hostname; do umount "$file" 2>/dev/null; done
        [ -s /etc/resolv.conf ] || [ -h /etc/resolv.conf ] || echo "$saved" >/etc/resolv.conf
        mkdir -p /var/vcap/data/sys /var/vcap/store /warden-cpi-dev
        [ ! -f /var/vcap/bosh/bin/sync-time ] || sed -i 's/^\\( *\\)chronyc/\\1: chronyc/' /var/vcap/bosh/bin/sync-time

        """

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
        """
        last=\(lastDisk)
        disk=$(cat "$last" 2>/dev/null)
        case "$disk" in
        ''|*/*|*[[:space:]]*) ;;
        *)
          hints=/var/vcap/bosh/persistent_disk_hints.json settings='\(escapedForSingleQuotes(settings))'
          if ! grep -qs "\\"$disk\\"" "$hints" "$settings" &&
            { [ -e "$hints" ] || ! grep -qs '"tmpfs":true' "$settings"; }; then
            : >"$last"
          elif grep -q " /warden-cpi-dev/$disk " /proc/self/mountinfo; then
            grep -q ' /var/vcap/store ' /proc/self/mountinfo ||
              mount --bind "/warden-cpi-dev/$disk" /var/vcap/store
          fi ;;
        esac

        """
    }

    /// For a place between single quotes; it adds none.
    static func escapedForSingleQuotes(_ text: String) -> String {
        text.replacing("'", with: "'\\''")
    }

    private static let startRunit = """
        [ ! -x /usr/sbin/runsvdir-start ] || exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/sbin/runsvdir-start
        exec /sbin/init

        """

    /// Units that fight over the host's devices, clocks and consoles are left out. `bosh ssh` needs ssh and the host keys
    /// that firstboot makes; bosh-dns asks systemd-resolved over D-Bus. Where /etc/resolv.conf is a link to what that one
    /// writes (Docker makes a file of it), it is told of the engine's name servers: a VM's networks may name none.
    private static let startSystemd = """
        rm -rf /etc/sv/ssh /etc/sv/cron /etc/service/ssh /etc/service/cron
        find /etc/systemd/system /lib/systemd/system -path '*.wants/*' \\
          ! -name '*journald*' ! -name '*logrotate*' ! -name '*systemd-tmpfiles*' \\
          ! -name '*systemd-user-sessions*' ! -name '*runit*' ! -name '*bosh-agent*' \\
          ! -name '*dbus*' ! -name '*resolved*' ! -name '*ssh*' ! -name 'firstboot*' \\
          ! -name 'monit*' ! -name 'cron*' -exec rm -f {} + 2>/dev/null
        if [ -h /etc/resolv.conf ]; then
          mkdir -p /etc/systemd/resolved.conf.d
          { echo '[Resolve]'; echo "$saved" | sed -n 's/^nameserver /FallbackDNS=/p'; } \\
            >/etc/systemd/resolved.conf.d/00-docker.conf
        fi
        exec /sbin/init

        """

    /// `mount` without arguments, as the agent calls it to learn what is mounted: for a bind of a
    /// persistent disk it names the disk's hint path, where util-linux would name the device that
    /// all disks share and migrate_disk would find "already mounted".
    static let mountWrapperPath = VMPlace.bosh + "/bin/mount"
    static let mountWrapperFile = Tar.File(
        path: mountWrapperPath, content: Array(mountWrapper.utf8), mode: 0o755)
    static let mountWrapper = """
        #!/bin/sh
        # Lists a persistent disk's binds by the disk; everything else is the real mount's.
        if [ $# -gt 0 ]; then
          for mount in /usr/bin/mount /bin/mount; do [ ! -x "$mount" ] || exec "$mount" "$@"; done
          exit 127
        fi
        exec awk '
          { where[NR] = $5; root[NR] = $4; options[NR] = $6; mounted[$5] = 1
            for (i = 7; $i != "-"; i++); type[NR] = $(i + 1); device[NR] = $(i + 2) }
          END {
            for (n = 1; n <= NR; n++) {
              count = split(root[n], part, "/"); disk = "/warden-cpi-dev/" part[count - 1]
              if (part[count] == "_data" && where[n] != disk && disk in mounted) device[n] = disk
              print device[n] " on " where[n] " type " type[n] " (" options[n] ")"
            }
          }' /proc/self/mountinfo

        """
}
