# A mirror of the company with two versions of a tool, of which the older one is wanted.
set -eu
build() {
    folder=/tmp/build/$1-$2
    mkdir -p "$folder/DEBIAN" "$folder/usr/bin" "$folder/etc/$1"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Company <it@example.org>\nDepends: %s\nDescription: tool\n' "$1" "$2" "$3" >"$folder/DEBIAN/control"
    printf '#!/bin/sh\necho %s\n' "$2" >"$folder/usr/bin/$1"
    chmod 755 "$folder/usr/bin/$1"
    echo "/etc/$1/$1.ini" >"$folder/DEBIAN/conffiles"
    printf '[main]\nversion = %s\n' "$2" >"$folder/etc/$1/$1.ini"
    find "$folder" -exec touch -d 2025-01-01 {} +
    SOURCE_DATE_EPOCH=1735689600 dpkg-deb --root-owner-group --build "$folder" /srv/company >/dev/null
}
mkdir -p /srv/company
build company-tool 1.4-1 company-common
build company-tool 2.0-1 company-common
build company-common 1.0 dpkg
cd /srv/company
for file in *.deb; do
    dpkg-deb -f "$file"
    echo "Filename: ./$file"
    echo "Size: $(stat -c %s "$file")"
    echo "SHA256: $(sha256sum "$file" | cut -d' ' -f1)"
    echo
done >Packages
rm -r /tmp/build
echo 'deb [trusted=yes] file:/srv/company ./' >/etc/apt/sources.list.d/company.list
apt-get -qq update
apt-get -qq -y install company-tool=2.0-1 >/dev/null
