# The play was run here before, and was interrupted after the unit; a package was unpacked but not configured.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
useradd --system --home-dir /opt/queue --shell /usr/sbin/nologin queue
mkdir -p /opt/queue/releases/1 /etc/queue
chown queue:queue /opt/queue
printf '#!/bin/sh\nexec sleep infinity\n' >/opt/queue/releases/1/run
printf '[Unit]\nDescription=Queue\n\n[Service]\nUser=queue\nExecStart=/opt/queue/current/run\n\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/queue.service
cd /tmp
apt-get -qq download less >/dev/null 2>&1
dpkg --unpack ./less_*.deb >/dev/null
rm ./less_*.deb
