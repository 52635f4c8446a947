set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends telnet nginx-light rsync apache2-utils >/dev/null 2>&1
echo 'a change by hand' >/etc/nginx/conf.d/hand.conf.off
mkdir -p /var/www/old
echo old >/var/www/old/index.html
apt-get -qq -y remove rsync >/dev/null
