# A disk is taken out of a VM that runs: everywhere, or nowhere.

# "process PID (COMMAND)" for each process that has something open below a place, or is in it.
live_users() {
  {
    # shellcheck disable=SC2012  # of each link, what it leads to
    ls -l /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd 2>/dev/null |
      awk -v place="$1" '
        /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); next }
        (at = index($0, " -> ")) {
          target = substr($0, at + 4)
          if (target != place && index(target, place "/") != 1) next
          if (match($0, /\/proc\/[0-9]+\/[a-z]+ -> /)) split(substr($0, RSTART), part, "/")
          print part[3]
        }'
    grep -lF " $1/" /proc/[0-9]*/maps 2>/dev/null | cut -d / -f 3
  } | sort -un | while read -r pid; do
    command=$(cat "/proc/$pid/comm" 2>/dev/null) && echo "process $pid ($command)"
  done
}

# The same for processes with mounts of their own, where this one's end is not theirs.
live_users_elsewhere() {
  grep -lF -e " $live_number $1 " -e " $live_number $1/" /proc/[0-9]*/mountinfo 2>/dev/null | cut -d / -f 3 |
    while read -r pid; do
      command=$(cat "/proc/$pid/comm" 2>/dev/null) && echo "process $pid ($command), with mounts of its own"
    done
}

# All places where the disk or a part of it is mounted, "place root mode", the last one first, the hint not among
# them. $live_order has them the other way round.
live_places() {
  live_places='' live_order=''
  while read -r _ _ number root place options _; do
    case "$number $root" in
    "$live_number $volume"|"$live_number $volume"/*)
      [ "$place" != "$hint" ] || continue
      live_places="$place $root ${options%%,*}
$live_places"
      live_order="$live_order$place $root ${options%%,*}
" ;;
    esac
  done </proc/self/mountinfo
}

# Says in a file, before anything is unmounted, what is to be mounted again should this be killed in the middle.
# What a killed run has written is more than there is to see now. In /dev it is gone when the VM starts anew.
live_keep_places() {
  live_gone=/dev/docker_cpi.$1.places
  [ -e "$live_gone" ] ||
    { printf %s "$live_order" >"$live_gone.new" && mv "$live_gone.new" "$live_gone"; } ||
    { echo "$live_gone cannot be written"; return 1; }
}

# Some 10 s for all places of a disk: who uses one may be done with it in a moment.
live_wait() {
  [ "$patience" -gt 0 ] || return 1
  patience=$((patience - 1))
  sleep 0.2 2>/dev/null || { patience=$((patience - 4)); sleep 1; }
}

live_umount() {
  until umount "$1" 2>/dev/null; do live_wait || return 1; done
}

# Unmounts all of them, or none. Who uses the disk is said.
live_unmount() {
  hint=/warden-cpi-dev/$1 volume=$live_volumes/$1/_data
  live_places
  live_keep_places "$1" || return 1
  users='' patience=50
  while read -r place root mode; do
    [ -n "$place" ] || continue
    path=$(printf %b "$place")
    live_umount "$path" || { users=$(live_users "$path"); users=${users:-"$path is busy"}; break; }
  done <<LIST
$live_places
LIST
  live_look "$hint"
  if [ -z "$users" ] && [ -n "$live_at" ]; then
    live_umount "$hint" || { users=$(live_users "$hint"); users=${users:-"$hint is busy"}; }
  fi
  while [ -z "$users" ]; do
    users=$(live_users_elsewhere "$volume")
    [ -n "$users" ] || return 0
    live_wait || break
    users=
  done
  live_mount_again "$1"
  echo "$users"
  return 1
}

# Binds a directory ($1) to a place ($2) that somebody may have removed while nothing was mounted there.
live_mount_anew() {
  [ ! -d "$1" ] || mkdir -p "$2"
  mount --bind "$1" "$2" || { echo "it was mounted at $2"; return 1; }
}

# Mounts the disk, and all that live_unmount has taken away, in this run or in one that was killed.
live_mount_again() {
  live_mount "$1" || return 1
  live_gone=/dev/docker_cpi.$1.places
  [ -e "$live_gone" ] || return 0
  # live_look has variables `place` and `root` as well.
  while read -r target source mode; do
    live_look "$target"
    [ "$live_at" != "$live_number $source" ] || continue
    path=$(printf %b "$target") part=$(printf %b "${source#"$volume"}")
    mount --bind "$hint$part" "$path" 2>/dev/null || live_mount_anew "$hint$part" "$path" || return 1
    [ "$mode" = rw ] || mount -o "remount,bind,$mode" "$path"
  done <"$live_gone"
  rm -f "$live_gone"
}
