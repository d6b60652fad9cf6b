/// The functions, in the order in which they need each other. Names begin with `live_`.
extension LiveScript {
    static let find = #"""
        # Where the VM's volumes are: number (major:minor), type and source of the file system, the VM's own volume in it
        # and its options, and the directory of all volumes. Says why they cannot be found.
        live_find() {
          live_root=
          while read -r _ _ number root place options rest; do
            [ "$place" = /var/vcap/data ] || continue
            rest=${rest#*- }
            live_number=$number live_root=$root live_options=$options live_type=${rest%% *}
            rest=${rest#* }
            live_source=${rest%% *}
          done </proc/self/mountinfo
          case $live_root in
          *\\*) echo "the path of its volumes has a character that mountinfo escapes"; return 1 ;;
          */_data) live_volumes=${live_root%/*/_data} ;;
          *) echo "no volume of Docker's is mounted at /var/vcap/data"; return 1 ;;
          esac
          case $live_type in
          ext2|ext3|ext4|xfs|btrfs) ;;
          *) echo "its volumes are on $live_type, and not on a block device that it could mount"; return 1 ;;
          esac
        }

        # Sets $live_at to what is mounted at a place, "number root"; to nothing where nothing is.
        live_look() {
          live_at=
          while read -r _ _ number root place _; do
            [ "$place" != "$1" ] || live_at="$number $root"
          done </proc/self/mountinfo
        }


        """#

    static let open = #"""
        # Mounts the file system of the volumes at $live_open for a moment, where only root can enter. Whoever was killed
        # in the middle has left it.
        live_open() {
          live_open=/dev/docker_cpi.$1 live_node=/dev/docker_cpi.$1.node
          [ ! -e "$live_open" ] || live_close
          mkdir -m 700 "$live_open" || return 1
          if [ "$live_type" = btrfs ]; then
            live_open_btrfs || return 1
          else
            rm -f "$live_node"
            mknod -m 600 "$live_node" b "${live_number%:*}" "${live_number#*:}" || return 1
            mount -t "$live_type" -o rw "$live_node" "$live_open" || return 1
          fi
          # The VM's own volume says whether it is the right one.
          [ "$live_open$live_root" -ef /var/vcap/data ] || { echo "that is not the device of its volumes"; return 1; }
        }

        # The number of a btrfs is no device's: its source names one. The kernel calls the file system by the name that it
        # was mounted by last, so it must be this name again.
        live_open_btrfs() {
          if [ ! -b "$live_source" ]; then
            number=$(cat "/sys/class/block/${live_source##*/}/dev") || return 1
            mknod -m 600 "$live_source" b "${number%:*}" "${number#*:}" || return 1
          fi
          mount -t btrfs -o subvolid=5 "$live_source" "$live_open"
        }

        live_close() {
          umount "$live_open" 2>/dev/null
          rm -f "$live_node"
          rmdir "$live_open" 2>/dev/null
        }

        # Nothing where the VM can mount disks; else why not.
        live_probe() {
          live_find || return 1
          live_open probe 2>&1 || { live_close; echo "it may not mount the device of its volumes"; return 1; }
          live_close
        }


        """#

    static let mount = #"""
        live_mount() {
          hint=/warden-cpi-dev/$1 volume=$live_volumes/$1/_data
          # systemd does so outside of containers. A service with mounts of its own that starts from here on copies this
          # one; it goes with this one's end only where the root is shared.
          mount --make-shared / 2>/dev/null
          live_look "$hint"
          case $live_at in
          "$live_number $volume") return 0 ;;
          ?*) echo "something else is mounted at $hint"; return 1 ;;
          esac
          [ -d "$hint" ] || mkdir -p "$hint" || return 1
          if ! live_open "$1"; then
            echo "the device of its volumes ($live_number, $live_type) could not be mounted"
          else
            if [ -d "$live_open$volume" ]; then
              mount --bind "$live_open$volume" "$hint"
              # As the engine mounts volumes: podman without set-user-id programs and devices.
              [ "$live_options" = rw,relatime ] || mount -o "remount,bind,$live_options" "$hint"
            else
              echo "there is no volume $1 beside the VM's own"
            fi
          fi
          live_close
          live_look "$hint"
          [ "$live_at" = "$live_number $volume" ]
        }


        """#

    static let listing = #"""
        # The clock ticks between the boot and the start of a process ($1): a pid that is used again has another one.
        live_started() {
          stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
          set -- ${stat##*) }
          echo "${20}"
        }

        # Whether the process that a lock names ($1, PID:START) lives. (One that is a pid alone is an older version's.)
        live_is_alive() {
          [ -d "/proc/${1%%:*}" ] && { [ "${1%:*}" = "$1" ] || [ "$(live_started "${1%%:*}")" = "${1#*:}" ]; }
        }

        # Removes the lock ($1) of a process that is dead. Two may see that at once: the second must not remove the lock
        # that the first has taken meanwhile. So only one at a time may remove the lock of that process.
        live_break() {
          holder=$(readlink "$1") || return 0
          if live_is_alive "$holder"; then return 0; fi
          ln -s $$ "$1.$holder" 2>/dev/null || return 0
          [ "$(readlink "$1")" != "$holder" ] || rm -f "$1"
          rm -f "$1.$holder"
        }

        # Waits until no other script is at work on a disk ($1), and keeps others away: the locks of two machines do not
        # keep an attach and a detach apart. Whoever was killed in the middle has left its lock.
        live_take_lock() {
          live_lock=/dev/docker_cpi.$1.lock tries=0
          until ln -s "$$:$(live_started $$)" "$live_lock" 2>/dev/null; do
            tries=$((tries + 1))
            [ $tries -le 300 ] || { echo "another call is at work on the disk in this VM: $live_lock"; return 1; }
            live_break "$live_lock"
            sleep 0.1 2>/dev/null || sleep 1
          done
        }

        # A Docker that was out of reach may start a script when all is done. So each has a number, and an operation ($1)
        # has a least one: $live_least. It goes up when the operation is taken back, and when somebody settles it. (A file
        # that is empty is an older version's.)
        live_read_least() {
          live_over=/dev/docker_cpi.$1.over live_least=0
          [ ! -e "$live_over" ] || { read -r live_least <"$live_over"; live_least=${live_least:-1}; }
        }

        # From here on no script does anything for the disk $1 that was sent for the operation $2. Says the number that
        # later ones must have.
        live_settle() {
          live_take_lock "$1" || return 1
          live_read_least "$2"
          echo $((live_least + 1)) >"$live_over" && cat "$live_over" && status=0 || status=$?
          rm -f "$live_lock"
          return $status
        }

        # Runs a function ($1) for a disk ($2) and an operation ($3), which does it or undoes it ($4: do, undo), alone;
        # unless its number ($5) is too small by now.
        live_alone() {
          live_action=$1 live_operation=$3 live_mode=$4
          live_take_lock "$2" || return 1
          live_read_least "$live_operation"
          live_by=\#(by)/$2 live_last=$(cat "\#(by)/$2" 2>/dev/null)
          if [ "$5" -lt "$live_least" ]; then
            echo "operation $live_operation was settled meanwhile" && status=1
          elif [ "$live_mode" = undo ] && ! echo $(($5 + 1)) >"$live_over"; then
            echo "$live_over cannot be written" && status=1
          elif [ "$live_mode:$live_action" = undo:live_detach ] && [ "${live_last:-$live_operation}" != "$live_operation" ]; then
            echo "operation $live_last has attached it since" && status=1
          else
            "$live_action" "$2" && status=0 || status=$?
            case $status:$live_mode:$live_action in
            0:do:live_attach) mkdir -p \#(by) && echo "$live_operation" >"$live_by" ;;
            0:*:live_detach) rm -f "$live_by" ;;
            esac
          fi
          rm -f "$live_lock"
          return $status
        }

        live_attach() {
          live_find || return 1
          mkdir -p \#(list) && : >"\#(list)/$1" || return 1
          sync "\#(list)/$1" 2>/dev/null
          live_mount_again "$1"
        }

        # The agent refuses to boot when its last disk is one that it does not know any more. The list goes last: it says
        # that the disk is attached.
        live_detach() {
          live_find || return 1
          live_unmount "$1" || return 1
          last=\#(EntryScript.lastDisk)
          [ "$(cat "$last" 2>/dev/null)" != "$1" ] || : >"$last"
          rm -f "$live_gone" "\#(list)/$1"
        }

        live_report() {
          [ ! -f "\#(list)/$1" ] || [ -s "\#(list)/$1" ] || echo listed
          live_look "/warden-cpi-dev/$1"
          [ -z "$live_at" ] || echo mounted
          [ ! -s "\#(by)/$1" ] || echo "by $(cat "\#(by)/$1")"
        }

        # The list is there in a VM that can mount disks, and where one is attached. Without its disk a VM must not start:
        # an empty directory would look like it.
        live_start() {
          for file in \#(list)/*; do
            [ -s "$file" ] || continue
            # Taken away while the VM was stopped; but the word of that may have come late, when the disk had been
            # attached again: then it names another operation.
            read -r _ operation <"$file"
            case $operation in
            ""|"$(cat "\#(by)/${file##*/}" 2>/dev/null)") rm -f "$file" ;;
            *) : >"$file" ;;
            esac
          done
          if live_probe >/dev/null 2>&1; then mkdir -p \#(list); else rmdir \#(list) 2>/dev/null; fi
          for file in \#(list)/*; do
            [ -e "$file" ] || continue
            disk=${file##*/}
            live_find && live_mount "$disk" && continue
            echo "docker_cpi: the VM does not start, for its disk $disk could not be mounted"
            exit \#(exitCode)
          done
        }


        """#
}
