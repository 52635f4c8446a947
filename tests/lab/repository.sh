# Makes a repository of two packages, and lets apt know no other. Each has a service, a configuration file and a program;
# the scripts of one enable and start its service, as those of most Debian packages do.
set -eu
build() {
    name=$1 version=$2
    folder=/srv/build/$name-$version
    mkdir -p "$folder/DEBIAN" "$folder/etc/$name" "$folder/usr/bin" "$folder/lib/systemd/system"
    cat >"$folder/DEBIAN/control" <<END
Package: $name
Version: $version
Architecture: all
Maintainer: The lab <lab@example.invalid>
Description: tells the time, and nothing else
END
    echo "/etc/$name/$name.conf" >"$folder/DEBIAN/conffiles"
    printf 'interval = 60\nzone = UTC\n' >"$folder/etc/$name/$name.conf"
    printf '#!/bin/sh\nexec sleep infinity\n' >"$folder/usr/bin/$name"
    chmod 755 "$folder/usr/bin/$name"
    cat >"$folder/lib/systemd/system/$name.service" <<END
[Unit]
Description=Tells the time
[Service]
ExecStart=/usr/bin/$name
[Install]
WantedBy=multi-user.target
END
    if [ "$name" = lab-bell ]; then
        mkdir -p "$folder/usr/share/$name"
        echo 'tune = 440' >"$folder/usr/share/$name/tune.conf"
        cat >"$folder/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
NAME=lab-bell
if ! getent passwd $NAME >/dev/null; then
    adduser --system --quiet --group --no-create-home \
        --home /var/lib/$NAME $NAME
fi
mkdir -p -m 0750 /var/lib/$NAME
chown $NAME:adm "/var/lib/$NAME"
if [ ! -e /etc/$NAME/enabled/default ]; then
    mkdir -p /etc/$NAME/enabled
    ln -s ../lab-bell.conf /etc/$NAME/enabled/default
fi
[ -e /etc/$NAME/tune.conf ] || cp /usr/share/$NAME/tune.conf /etc/$NAME/tune.conf
deb-systemd-helper unmask 'lab-bell.service' >/dev/null || true
deb-systemd-helper enable 'lab-bell.service' >/dev/null || true
if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
    deb-systemd-invoke start 'lab-bell.service' >/dev/null || true
fi
END
        chmod 755 "$folder/DEBIAN/postinst"
    fi
    dpkg-deb --root-owner-group --build "$folder" /srv/repository >/dev/null
}
mkdir -p /srv/repository
build lab-clock 1.0
build lab-clock 1.1
build lab-bell 2.0
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
