set -eu
printf '[a]\nx = old\n' >/run/edited
cat >/srv/meddle <<'END'
#!/bin/sh
# Another program that writes to the file while it is edited.
echo meddled >>/run/edited
END
chmod 755 /srv/meddle
