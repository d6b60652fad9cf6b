[ ! -x /usr/sbin/runsvdir-start ] || exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/sbin/runsvdir-start
exec /sbin/init
