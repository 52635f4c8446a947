set -eu
cat >/etc/systemd/system/broken.service <<END
[Unit
Descr
ExecStart=nothing
END
cat >/etc/systemd/system/empty.service <<END
[Service]
Type=simple
END
cat >/etc/systemd/system/masked.service <<END
[Service]
ExecStart=/bin/true
END
ln -s /dev/null /etc/systemd/system/shut.service
systemctl daemon-reload
