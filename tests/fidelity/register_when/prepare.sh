set -eu
printf 'name: old\nport: 8080\n' >/etc/legacy.conf
mkdir -p /var/spool/old
touch /var/spool/old/a.tmp /var/spool/old/b.tmp /var/spool/old/c.keep
