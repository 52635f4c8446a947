set -eu
echo nonsense >/srv/broken.deb
cat >/srv/hold <<'END'
import fcntl, os, time
lock = open('/var/lib/dpkg/lock-frontend', 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open('/srv/held', 'w').close()
time.sleep(1000)
END
python3 /srv/hold >/dev/null 2>&1 </dev/null &
while ! [ -e /srv/held ]; do :; done
