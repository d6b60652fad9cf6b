disk=$(cat "$last_disk" 2>/dev/null)
case "$disk" in
''|*/*|*[[:space:]]*) ;;
*)
  hints=/var/vcap/bosh/persistent_disk_hints.json
  if ! grep -qs "\"$disk\"" "$hints" "$settings" &&
    { [ -e "$hints" ] || ! grep -qs '"tmpfs":true' "$settings"; }; then
    : >"$last_disk"
  elif grep -q " /warden-cpi-dev/$disk " /proc/self/mountinfo; then
    grep -q ' /var/vcap/store ' /proc/self/mountinfo ||
      mount --bind "/warden-cpi-dev/$disk" /var/vcap/store
  fi ;;
esac
