set -eu
mkdir -p /srv/folder/full /srv/closed /srv/readonly /srv/keeper/below
echo old >/srv/file
echo old >/srv/fixed
echo old >/srv/closed/there
echo old >/srv/keeper/below/fixed
ln -s /srv/nowhere/file /srv/dangling
ln -s circle /srv/circle
tar -cf /srv/archive.tar -C /etc hostname
mount -t tmpfs none /srv/readonly
echo old >/srv/readonly/there
mount -o remount,ro /srv/readonly
chattr +i /srv/fixed /srv/closed /srv/keeper/below/fixed
