# The keeper of a lab: the first process of the PID namespace that all of its hosts descend from.
#
# Arguments: the lab's directory, the script that starts a host, and the options of unshare for that script.
# Input: "NUMBER NAME" for each host to start. Its end is the end of the lab's process, and of everything here.
# Output: "ready keeper", "ready NUMBER PID" when a host is up, "ended NUMBER" when it is not, or no longer.
set -eu
directory=$1 script=$2
shift 2
cd "$directory"
# What the hosts write is gone when the last namespace that has this mounted is.
mount -t tmpfs -o mode=0755 lab stage
cp -a layers/. stage/
. ./prepare.sh
mkdir stage/hosts
echo "ready keeper"
while read -r number name; do
    (
        unshare "$@" sh "$script" "$number" "$name" 2>"logs/$name" || :
        echo "ended $number"
    ) &
done
kill -KILL -1
wait
. stage/options.sh
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    # The last process of a control group leaves it a moment after it has ended.
    attempts=100
    while [ -d "$hierarchy/$control_group" ] && [ $attempts -gt 0 ]; do
        find "$hierarchy/$control_group" -depth -type d -exec rmdir {} \; 2>/dev/null || sleep 0.05
        attempts=$((attempts - 1))
    done
done
cd /
umount -l "$directory/stage"
rm -rf "$directory"
