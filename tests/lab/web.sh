set -e
mkdir -p /srv/web
echo "from the web" > /srv/web/page
cd /srv/web
setsid python3 -m http.server --bind 127.0.0.1 8099 > /dev/null 2>&1 < /dev/null &
python3 - << 'EOS'
import socket, time
for wait in range(100):
    try:
        socket.create_connection(("127.0.0.1", 8099)).close()
        break
    except OSError:
        time.sleep(0.1)
else:
    raise SystemExit("the web server does not answer")
EOS
