set -e
mkdir -p /srv/app/share
echo one > /srv/app/one
echo two > /srv/app/share/two
tar -C /srv/app -czf /srv/app.tar.gz .
