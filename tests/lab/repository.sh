# Makes a repository of one package, with a service, a configuration file and a program, and lets apt know no other.
set -eu
build() {
    version=$1
    folder=/srv/build/lab-clock-$version
    mkdir -p "$folder/DEBIAN" "$folder/etc/lab-clock" "$folder/usr/bin" "$folder/lib/systemd/system"
    cat >"$folder/DEBIAN/control" <<END
Package: lab-clock
Version: $version
Architecture: all
Maintainer: The lab <lab@example.invalid>
Description: tells the time, and nothing else
END
    echo /etc/lab-clock/clock.conf >"$folder/DEBIAN/conffiles"
    printf 'interval = 60\nzone = UTC\n' >"$folder/etc/lab-clock/clock.conf"
    printf '#!/bin/sh\nexec sleep infinity\n' >"$folder/usr/bin/lab-clock"
    chmod 755 "$folder/usr/bin/lab-clock"
    cat >"$folder/lib/systemd/system/lab-clock.service" <<END
[Unit]
Description=Tells the time
[Service]
ExecStart=/usr/bin/lab-clock
[Install]
WantedBy=multi-user.target
END
    dpkg-deb --root-owner-group --build "$folder" /srv/repository >/dev/null
}
mkdir -p /srv/repository
build 1.0
build 1.1
cd /srv/repository
for file in *.deb; do
    dpkg-deb -f "$file"
    echo "Filename: ./$file"
    echo "Size: $(stat -c %s "$file")"
    echo "SHA256: $(sha256sum "$file" | cut -d' ' -f1)"
    echo
done >Packages
rm -r /srv/build
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repository ./' >/etc/apt/sources.list.d/lab.list
apt-get -q update >/dev/null
