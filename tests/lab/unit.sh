# Makes two units that do nothing.
set -eu
for name in lab-sleep lab-wait; do
    printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' \
        >/etc/systemd/system/$name.service
done
systemctl daemon-reload
systemctl start lab-wait
