# Makes the layer of programs that the tests expect on top of this machine's own files: base.sh FOLDER
#
# Only FOLDER is written: apt-get and pip run on an overlay. It is started in namespaces of its own.
set -e
folder="$1"
rm -rf "$folder" "$folder.work" "$folder.root"
mkdir -p "$folder" "$folder.work" "$folder.root"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder,workdir=$folder.work" "$folder.root"
mount -t proc proc "$folder.root/proc"
mount --rbind /dev "$folder.root/dev"
chroot "$folder.root" bash -c '
set -e
export DEBIAN_FRONTEND=noninteractive
printf "#!/bin/sh\nexit 101\n" > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -qq
apt-get install -qq -y --no-install-recommends locales sudo expect sshpass socat acl attr rsync subversion cron at unzip zip \
  bzip2 xz-utils zstd dbus openssh-server openssh-client python3-apt python3-debian python3-venv virtualenv iproute2 \
  iptables lsb-release file patch debconf-utils net-tools e2fsprogs procps passwd git gnupg util-linux openssl \
  nginx-light
rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-clean
# a second git has a second folder of templates
if [ -x /usr/bin/git ]; then rm -rf /usr/local/share/git-core /usr/local/bin/git /usr/local/bin/git-*; fi
sed -i "s/^# *en_US.UTF-8/en_US.UTF-8/" /etc/locale.gen
locale-gen > /dev/null
mkdir -p /opt/conformance/http/tls /opt/conformance/http/www
/usr/bin/python3 -m venv /opt/conformance/python
/opt/conformance/python/bin/pip install -q passlib pexpect==4.8.0 virtualenv pytest toml
/usr/bin/python3 -m venv /opt/conformance/http/python
/opt/conformance/http/python/bin/pip install -q gunicorn httpbin==0.10.2 flasgger setuptools
'
mkdir -p "$folder.root/opt/conformance/http"
cp "$2" "$folder.root/opt/conformance/http/make.sh"
chroot "$folder.root" bash /opt/conformance/http/make.sh
umount -R "$folder.root"
rmdir "$folder.root"
rm -rf "$folder.work"
touch "$folder.made"
