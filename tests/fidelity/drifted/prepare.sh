# A host that was set up long ago and that people have worked on since.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends nginx-light >/dev/null
mkdir -p /srv/www /etc/app
echo 'worker = 1' >/etc/app/app.conf
echo 'debug = true' >>/etc/app/app.conf
chmod 666 /etc/app/app.conf
useradd --create-home --shell /bin/sh app
groupadd staffers
usermod -aG staffers app
chown -R nobody /srv/www
echo '<h1>hacked by hand</h1>' >/srv/www/index.html
ln -s /srv/www/index.html /srv/www/current
systemctl stop nginx
systemctl disable nginx
printf '[Unit]\nDescription=Worker\n[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/worker.service
systemctl daemon-reload
systemctl enable --now worker
printf '10 * * * * /usr/local/bin/old\n' | crontab -u app -
