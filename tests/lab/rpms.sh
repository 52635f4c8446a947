# Makes a repository of rpms in /srv/rpms, two versions of one of them, each with a service, a configuration file and a
# program; and an empty root folder, for the packages of this host are Debian's.
set -eu
build() {
    name=$1 version=$2 needs=${3:-}
    cat >"/srv/build/$name.spec" <<END
Name: $name
Version: $version
Release: 1
Summary: tells the time, and nothing else
License: none
BuildArch: noarch
$needs
%description
Nothing else.
%install
mkdir -p %{buildroot}/etc/$name %{buildroot}/usr/bin %{buildroot}/usr/lib/systemd/system
printf 'interval = 60\nzone = UTC\n' >%{buildroot}/etc/$name/$name.conf
printf '#!/bin/sh\nexec sleep infinity\n' >%{buildroot}/usr/bin/$name
printf '[Service]\nExecStart=/usr/bin/$name\n[Install]\nWantedBy=multi-user.target\n' \
    >%{buildroot}/usr/lib/systemd/system/$name.service
%files
%dir /etc/$name
%config(noreplace) %attr(640,root,root) /etc/$name/$name.conf
%attr(755,root,root) /usr/bin/$name
/usr/lib/systemd/system/$name.service
END
    rpmbuild -bb --quiet --define '_topdir /srv/build' --define '_rpmdir /srv/rpms' \
        --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' "/srv/build/$name.spec" >/dev/null 2>&1
}
mkdir -p /srv/build /srv/rpms /srv/root /etc/yum.repos.d
build lab-clock 1.0
build lab-clock 1.1
build lab-bell 2.0 'Requires: lab-clock'
build lab-horn 3.0 'Conflicts: lab-bell'
createrepo_c --quiet /srv/rpms
rm -r /srv/build
