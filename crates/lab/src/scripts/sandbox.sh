# Turns fresh namespaces into a sandbox host and becomes its first process.
#
# Arguments: the host's number and name. The working directory is the lab's.
set -eu
number=$1 name=$2
# The machine's own /proc is still mounted, so this is our number as the machine counts.
read -r pid _ </proc/self/stat
cd stage
. ./options.sh
own=hosts/$number
root=$PWD/$own/root
mkdir -p "$own/root" "$own/upper" "$own/work"
mount -t overlay -o "lowerdir=$lower,upperdir=$own/upper,workdir=$own/work,$overlay_options" lab "$root"
count=0
while read -r place; do
    count=$((count + 1))
    mkdir "$own/upper$count" "$own/work$count"
    layers=base$place:hide$place:$place
    mount -t overlay -o "lowerdir=$layers,upperdir=$own/upper$count,workdir=$own/work$count,$overlay_options" lab "$root$place"
done <overlays
hostname "$name"
[ "$network" = shared ] || ip link set lo up
mount --all --fstab fstab --target-prefix "$root"
cd "$root"
echo "$name" >etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost ip6-loopback\n' "$name" >etc/hosts
IFS=- read -r a b c d e </proc/sys/kernel/random/uuid
echo "$a$b$c$d$e" >etc/machine-id
mkdir run/machine
pivot_root . run/machine
cd /
umount -l /run/machine
rmdir /run/machine
# Ended children whose parents are gone come to us; whoever ignores their signal need not wait for them.
trap '' CHLD
echo "ready $number $pid"
exec sleep infinity </dev/null >/dev/null 2>&1
