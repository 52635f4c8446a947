set -eu
useradd --create-home ann
useradd --create-home bob
groupadd --gid 4321 staff2
usermod --gid staff2 bob
setpriv --reuid ann --clear-groups --regid ann sleep 1000 >/dev/null 2>&1 </dev/null &
