set -eu
mkdir -p /srv/small
mount -t tmpfs -o size=64k none /srv/small
echo old >/srv/small/there
head -c 200000 /dev/zero | tr '\0' x >/srv/large
