# One script at a time for each disk, and none whose time is over.

# The clock ticks between the boot and the start of a process ($1): a pid that is used again has another one.
live_started() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # shellcheck disable=SC2086  # its fields
  set -- ${stat##*) }
  echo "${20}"
}

# Whether the process that a lock names ($1, PID:START) lives.
live_is_alive() {
  [ -d "/proc/${1%:*}" ] && [ "$(live_started "${1%:*}")" = "${1#*:}" ]
}

# Who holds a lock, as its link says: this process.
live_me() { echo "$$:$(live_started $$)"; }

# Removes the lock ($1) of a process that is dead. Two may see that at once: the second must not remove the lock
# that the first has taken meanwhile. So only one at a time may remove the lock of that process: that is a lock
# too, and whoever dies with it leaves it to be removed in the same way.
live_break() (
  holder=$(readlink "$1") || return 0
  if live_is_alive "$holder"; then return 0; fi
  if ! ln -s "$(live_me)" "$1.$holder" 2>/dev/null; then
    live_break "$1.$holder"
    return 0
  fi
  [ "$(readlink "$1")" != "$holder" ] || rm -f "$1"
  rm -f "$1.$holder"
)

# Waits until no other script is at work on a disk ($1), and keeps others away: the locks of two machines do not
# keep an attach and a detach apart. Whoever was killed in the middle has left its lock.
live_take_lock() {
  live_lock=/dev/docker_cpi.$1.lock tries=0
  until ln -s "$(live_me)" "$live_lock" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -le 300 ] || { echo "another call is at work on the disk in this VM: $live_lock"; return 1; }
    live_break "$live_lock"
    sleep 0.1 2>/dev/null || sleep 1
  done
}

# A Docker that was out of reach may start a script when all is done. So each has a number, and an operation ($1)
# has a least one: $live_least. It goes up when the operation is taken back, and when somebody settles it.
live_read_least() {
  live_over=/dev/docker_cpi.$1.over live_least=0
  [ ! -e "$live_over" ] || { read -r live_least <"$live_over"; }
}

# From here on no script does anything for the disk $1 that was sent for the operation $2. Says the number that
# later ones must have.
live_settle() {
  live_take_lock "$1" || return 1
  live_read_least "$2"
  echo $((live_least + 1)) >"$live_over" && cat "$live_over" && status=0 || status=$?
  rm -f "$live_lock"
  return "$status"
}

# Runs a function ($1) for a disk ($2) and an operation ($3), which does it or undoes it ($4: do, undo), alone;
# unless its number ($5) is too small by now.
live_alone() {
  live_action=$1 live_operation=$3 live_mode=$4
  live_take_lock "$2" || return 1
  live_read_least "$live_operation"
  live_by=$live_attachers/$2 live_last=$(cat "$live_attachers/$2" 2>/dev/null)
  if [ "$5" -lt "$live_least" ]; then
    echo "operation $live_operation was settled meanwhile" && status=1
  elif [ "$live_mode" = undo ] && ! echo $(($5 + 1)) >"$live_over"; then
    echo "$live_over cannot be written" && status=1
  elif [ "$live_mode:$live_action" = undo:live_detach ] && [ "${live_last:-$live_operation}" != "$live_operation" ]; then
    echo "operation $live_last has attached it since" && status=1
  else
    "$live_action" "$2" && status=0 || status=$?
    case $status:$live_mode:$live_action in
    0:do:live_attach) mkdir -p "$live_attachers" && echo "$live_operation" >"$live_by" ;;
    0:*:live_detach) rm -f "$live_by" ;;
    esac
  fi
  rm -f "$live_lock"
  return "$status"
}
