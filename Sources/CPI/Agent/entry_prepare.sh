saved=$(cat /etc/resolv.conf 2>/dev/null)
for file in /etc/resolv.conf /etc/hosts /etc/hostname; do umount "$file" 2>/dev/null; done
[ -s /etc/resolv.conf ] || [ -h /etc/resolv.conf ] || echo "$saved" >/etc/resolv.conf
mkdir -p /var/vcap/data/sys /var/vcap/store /warden-cpi-dev
[ ! -f /var/vcap/bosh/bin/sync-time ] || sed -i 's/^\( *\)chronyc/\1: chronyc/' /var/vcap/bosh/bin/sync-time
