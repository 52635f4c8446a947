# Lets apt know no repository.
set -eu
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*_Packages
