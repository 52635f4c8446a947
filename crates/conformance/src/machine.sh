# Runs a script on a throwaway copy of this machine that was booted with systemd: machine.sh FOLDER BASE NETWORK SCRIPT
#
# It is started in namespaces of its own. The container's console goes to FOLDER/console, what the script prints comes
# out here.
set -e
folder="$1" base="$2" network="$3" script="$4"
root="$folder/root"
mount --make-rprivate /
mount -t proc proc /proc
mkdir -p "$folder/upper" "$folder/work" "$root"
mount -t overlay overlay -o "lowerdir=$base:/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount --bind /dev "$root/dev"
chroot "$root" bash -c '
set -e
chmod a+x /root
cat > /etc/systemd/system/conformance.service <<EOS
[Unit]
After=basic.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
KillMode=mixed
ExecStart=/bin/bash /conformance.sh
StandardOutput=append:/conformance.out
StandardError=append:/conformance.out
EOS
cat > /conformance.sh <<EOS
bash $2; echo \$? > /conformance.status; sync; systemctl poweroff --force --force
EOS
keep=" dbus.service cron.service rsyslog.service "
[ "$1" = ssh ] && keep="$keep ssh.service "
for unit in /etc/systemd/system/*.wants/*.service; do
  [ -e "$unit" ] || [ -L "$unit" ] || continue
  case "$keep" in *" ${unit##*/} "*) ;; *) rm -f "$unit" ;; esac
done
for unit in tmp.mount systemd-udevd.service systemd-resolved.service systemd-timesyncd.service systemd-networkd.service \
  console-getty.service getty.target dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
wants=/etc/systemd/system/multi-user.target.wants
mkdir -p "$wants"
ln -sf ../conformance.service "$wants/conformance.service"
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
rm -f /usr/sbin/policy-rc.d
mkdir -p /etc/tmpfiles.d
ln -sf /dev/null /etc/tmpfiles.d/tmp.conf # the script lies in /tmp, which is emptied at boot otherwise
if [ "$1" = ssh ]; then
  rm -rf /root/.ssh
  mkdir -p -m 700 /root/.ssh
  ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
  cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
  ssh-keygen -A >/dev/null 2>&1 || true
  mkdir -p /etc/ssh/sshd_config.d
  printf "PermitRootLogin yes\nMaxSessions 100\nMaxStartups 100\n" > /etc/ssh/sshd_config.d/00-sandbox.conf
  ln -sf /lib/systemd/system/ssh.service "$wants/ssh.service"
  sed -i "s/After=basic.target/After=basic.target ssh.service/" /etc/systemd/system/conformance.service
fi
' setup "$network" "$script"
umount "$root/dev"
private=
[ "$network" = ssh ] && private=--private-network
SYSTEMD_NSPAWN_TMPFS_TMP=0 systemd-nspawn -D "$root" --register=no --keep-unit --boot -q --resolv-conf=bind-host \
  --timezone=off --link-journal=no -M "conformance$$" $private > "$folder/console" 2>&1 || true
cat "$root/conformance.out"
[ -s "$root/conformance.status" ] || { tail -20 "$folder/console"; exit 125; }
exit "$(cat "$root/conformance.status")"
