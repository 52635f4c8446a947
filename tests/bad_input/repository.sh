# Makes a repository of packages that don't go together, and lets apt know no other.
set -eu
build() {
    mkdir -p "/srv/build/$1/DEBIAN"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: x\nDescription: x\n%s' "$1" "$2" "$3" \
        >"/srv/build/$1/DEBIAN/control"
    dpkg-deb --root-owner-group --build "/srv/build/$1" /srv/repository >/dev/null
}
mkdir -p /srv/repository
build lab-one 1.0 ''
build lab-two 1.0 'Conflicts: lab-one
'
build lab-torn 1.0 'Depends: lab-nothing
'
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
