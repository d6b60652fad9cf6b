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
