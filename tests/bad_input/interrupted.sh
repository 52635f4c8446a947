set -eu
echo nonsense >/srv/broken.deb
printf "Package: lab-one\nStatus: install reinstreq half-installed\nVersion: 1.0\nArchitecture: all\nMaintainer: x\nDescription: x\n" >/var/lib/dpkg/updates/0001
