printf '#!/bin/sh\ntar cf /root/etc.tar /etc\n' >/etc/cron.daily/backup
chmod 755 /etc/cron.daily/backup
