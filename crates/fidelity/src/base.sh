# Makes what all hosts start from: base.sh DEBIAN FOLDER
#
# Only FOLDER is written. It is started in namespaces of its own.
set -eu
debian=$1 folder=$2 new=$2.new
rm -rf "$new"
mount --make-rprivate /
cp -a "$debian" "$new"
mount -t proc proc "$new/proc"
mount --rbind /dev "$new/dev"
cp /etc/resolv.conf "$new/etc/resolv.conf"
chroot "$new" sh -euc '
export DEBIAN_FRONTEND=noninteractive
printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -qq
apt-get install -qq -y --no-install-recommends python3 python3-apt cron logrotate
apt-get clean
rm /usr/sbin/policy-rc.d
echo "Acquire::http::Proxy \"http://127.0.0.1:3128\";" >/etc/apt/apt.conf.d/00proxy
printf "[global]\nproxy = http://127.0.0.1:3128\ncert = /etc/ssl/certs/machine.crt\ndisable-pip-version-check = true\n" >/etc/pip.conf
rm -f /etc/resolv.conf
'
# Whom this machine trusts, for its way to PyPI may be one of its own.
cp /etc/ssl/certs/ca-certificates.crt "$new/etc/ssl/certs/machine.crt"
umount -R "$new/dev"
umount "$new/proc"
mv "$new" "$folder"
