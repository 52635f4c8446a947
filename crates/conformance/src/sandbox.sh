# Runs a script on a throwaway copy of this machine: sandbox.sh FOLDER BASE NETWORK SCRIPT
#
# It is started in namespaces of its own (mounts, processes, names, and the network where NETWORK asks for one). What
# stands before `chroot` runs on the machine's own root and touches real folders below $root only: a link there, such
# as /var/run, would lead out of the sandbox.
set -e
folder="$1" base="$2" network="$3" script="$4"
root="$folder/root"
mount --make-rprivate /
mkdir -p "$folder/upper" "$folder/work" "$root"
mount -t overlay overlay -o "lowerdir=$base:/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || mount --rbind /sys "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,ro,bind "$root/proc/sys"
exec chroot "$root" bash -c '
set -e
chmod a+x /root # whoever tasks become must reach what lies below it
# As on the machines of ansible-test, root has a key; some targets copy the list of keys.
rm -rf /root/.ssh
mkdir -p -m 700 /root/.ssh
ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
case "$1" in
ssh)
  ip link set lo up
  mkdir -p /run/sshd /etc/ssh/sshd_config.d
  ssh-keygen -A >/dev/null 2>&1 || true
  printf "PermitRootLogin yes\nMaxSessions 100\nMaxStartups 100\n" > /etc/ssh/sshd_config.d/00-sandbox.conf
  /usr/sbin/sshd -o Port=22
  ;;
http) /opt/conformance/http/start.sh ;;
esac
exec bash "$2"
' setup "$network" "$script"
