# Makes a repository without packages, and lets apt know none.
set -eu
mkdir -p /srv/repository
: >/srv/repository/Packages
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
