# A repository of a vendor, signed: on the host itself, as the hosts of the bench have no network.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends gpg gpg-agent >/dev/null 2>&1
build() {
    name=$1 version=$2 folder=/tmp/build/$1-$2
    mkdir -p "$folder/DEBIAN" "$folder/etc/$name" "$folder/usr/bin" "$folder/lib/systemd/system"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Vendor <vendor@example.org>\nDescription: agent of the vendor\n' "$name" "$version" >"$folder/DEBIAN/control"
    echo "/etc/$name/$name.conf" >"$folder/DEBIAN/conffiles"
    printf 'server = none\nversion = %s\n' "$version" >"$folder/etc/$name/$name.conf"
    printf '#!/bin/sh\nexec sleep infinity\n' >"$folder/usr/bin/$name"
    chmod 755 "$folder/usr/bin/$name"
    printf '[Unit]\nDescription=Agent\n[Service]\nExecStart=/usr/bin/%s\n[Install]\nWantedBy=multi-user.target\n' "$name" >"$folder/lib/systemd/system/$name.service"
    find "$folder" -exec touch -d 2025-01-01 {} +
    SOURCE_DATE_EPOCH=1735689600 dpkg-deb --root-owner-group --build "$folder" /srv/vendor/pool >/dev/null
}
mkdir -p /srv/vendor/pool /srv/vendor/dists/stable/main/binary-amd64
build vendor-agent 1.0
build vendor-agent 2.0
build vendor-tools 1.5
cd /srv/vendor
for file in pool/*.deb; do
    dpkg-deb -f "$file"
    echo "Filename: $file"
    echo "Size: $(stat -c %s "$file")"
    echo "SHA256: $(sha256sum "$file" | cut -d' ' -f1)"
    echo
done >dists/stable/main/binary-amd64/Packages
cd dists/stable
packages=main/binary-amd64/Packages
printf 'Origin: Vendor\nLabel: Vendor\nSuite: stable\nCodename: stable\nDate: Wed, 01 Jan 2025 00:00:00 UTC\nArchitectures: amd64\nComponents: main\nSHA256:\n %s %s %s\n' \
    "$(sha256sum $packages | cut -d' ' -f1)" "$(stat -c %s $packages)" $packages >Release
export GNUPGHOME=/tmp/gnupg
mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key 'Vendor <vendor@example.org>' ed25519 sign never 2>/dev/null
gpg --batch --quiet --armor --export >/srv/vendor/key.asc
gpg --batch --quiet --clearsign --output InRelease Release
gpgconf --kill all
rm -rf /tmp/build $GNUPGHOME
