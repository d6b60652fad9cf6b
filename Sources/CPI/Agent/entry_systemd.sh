rm -rf /etc/sv/ssh /etc/sv/cron /etc/service/ssh /etc/service/cron
find /etc/systemd/system /lib/systemd/system -path '*.wants/*' \
  ! -name '*journald*' ! -name '*logrotate*' ! -name '*systemd-tmpfiles*' \
  ! -name '*systemd-user-sessions*' ! -name '*runit*' ! -name '*bosh-agent*' \
  ! -name '*dbus*' ! -name '*resolved*' ! -name '*ssh*' ! -name 'firstboot*' \
  ! -name 'monit*' ! -name 'cron*' -exec rm -f {} + 2>/dev/null
if [ -h /etc/resolv.conf ]; then
  mkdir -p /etc/systemd/resolved.conf.d
  { echo '[Resolve]'; echo "$saved" | sed -n 's/^nameserver /FallbackDNS=/p'; } \
    >/etc/systemd/resolved.conf.d/00-docker.conf
fi
exec /sbin/init
