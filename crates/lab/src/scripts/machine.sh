# Turns fresh namespaces into a machine host: runs systemd-nspawn, and again when the host has rebooted.
#
# Arguments: the host's number and name. The working directory is the lab's.
set -eu
number=$1 name=$2
# The machine's own /proc is still mounted, so this is our number as the machine counts.
read -r pid _ </proc/self/stat
cd stage
. ./options.sh
own=hosts/$number
mkdir -p "$own/upper" "$own/work"
# systemd-nspawn wants a /proc of its own PID namespace, and leaves things in these folders.
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 lab /run
mount -t tmpfs -o mode=1777 lab /tmp
root=/run/$name
mkdir "$root"
mount -t overlay -o "lowerdir=$lower,upperdir=$own/upper,workdir=$own/work,$overlay_options" lab "$root"
while read -r folder; do
    mkdir -p "$root$folder"
    set -- "$@" "--bind-ro=$folder"
done <shared
echo "$name" >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost ip6-loopback\n' "$name" >"$root/etc/hosts"
IFS=- read -r a b c d e </proc/sys/kernel/random/uuid
echo "$a$b$c$d$e" >"$root/etc/machine-id"
shift 2
[ "$network" = shared ] || set -- --private-network "$@"
boot() {
    # A control group of its own, in every hierarchy that systemd uses, for it takes the one it is started in.
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        if [ -e "$hierarchy/cgroup.procs" ]; then
            mkdir -p "$hierarchy/$control_group/$number"
            echo 0 >"$hierarchy/$control_group/$number/cgroup.procs"
        fi
    done
    exec systemd-nspawn --quiet --boot --directory="$root" --machine="$name" --hostname="$name" --register=no \
        --keep-unit --console=pipe --resolv-conf=off --timezone=off --link-journal=no "$@" </dev/null >&2
}
echo "ready $number $pid"
while
    status=0
    (boot "$@") || status=$?
    # So it ends when the host wants to be booted again.
    [ $status -eq 133 ]
do :; done
