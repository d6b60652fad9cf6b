# A disk gets into a VM that runs, and again into one that starts. `LiveScript` says what $live_list and the other names
# in its first line are.
#
# The functions, each beside those that it needs. Names begin with `live_`. What they leave in variables, for those that
# come after them:
#
# | function | needs | sets |
# |---|---|---|
# | live_find | | live_number, live_type, live_source, live_root, live_options, live_volumes |
# | live_look PLACE | | live_at; place, root |
# | live_open NAME, live_close | what live_find sets | live_open, live_node |
# | live_mount DISK | what live_find sets | hint, volume; live_at |
# | live_places, live_keep_places DISK | hint, volume | live_places, live_order; live_gone |
# | live_wait, live_umount PLACE | patience | patience |
# | live_unmount DISK | what live_find sets | hint, volume, live_gone |
# | live_mount_anew SOURCE PLACE | | |
# | live_mount_again DISK | what live_find sets | hint, volume, live_gone |
# | live_take_lock DISK | | live_lock |
# | live_read_least OPERATION | | live_over, live_least |

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
  # shellcheck disable=SC3013  # dash and busybox have it
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
  live_open "probe.$$" 2>&1 || { live_close; echo "it may not mount the device of its volumes"; return 1; }
  live_close
}

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

live_attach() {
  live_find || return 1
  mkdir -p "$live_list" && : >"$live_list/$1" || return 1
  sync "$live_list/$1" 2>/dev/null
  live_mount_again "$1"
}

# The agent refuses to boot when its last disk is one that it does not know any more. The list goes last: it says
# that the disk is attached.
live_detach() {
  live_find || return 1
  live_unmount "$1" || return 1
  [ "$(cat "$live_last_disk" 2>/dev/null)" != "$1" ] || : >"$live_last_disk"
  rm -f "$live_gone" "$live_list/$1"
}

live_report() {
  [ ! -f "$live_list/$1" ] || [ -s "$live_list/$1" ] || echo listed
  live_look "/warden-cpi-dev/$1"
  [ -z "$live_at" ] || echo mounted
  [ ! -s "$live_attachers/$1" ] || echo "by $(cat "$live_attachers/$1")"
}

# The list is there in a VM that can mount disks, and where one is attached. Without its disk a VM must not start:
# an empty directory would look like it.
live_start() {
  for file in "$live_list"/*; do
    [ -s "$file" ] || continue
    # Taken away while the VM was stopped; but the word of that may have come late, when the disk had been
    # attached again: then it names another operation.
    read -r _ operation <"$file"
    case $operation in
    ""|"$(cat "$live_attachers/${file##*/}" 2>/dev/null)") rm -f "$file" ;;
    *) : >"$file" ;;
    esac
  done
  if live_probe >/dev/null 2>&1; then mkdir -p "$live_list"; else rmdir "$live_list" 2>/dev/null; fi
  for file in "$live_list"/*; do
    [ -e "$file" ] || continue
    disk=${file##*/}
    live_find && live_mount "$disk" && continue
    echo "docker_cpi: the VM does not start, for its disk $disk could not be mounted"
    exit "$live_exit_code"
  done
}
