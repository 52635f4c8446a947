set -e
mkdir -p /srv/web
echo "from the web" > /srv/web/page
cd /srv/web
setsid python3 -m http.server --bind 127.0.0.1 8099 > /dev/null 2>&1 < /dev/null &
for try in $(seq 100); do
  if (exec 3<> /dev/tcp/127.0.0.1/8099) 2> /dev/null; then exit 0; fi
  sleep 0.1
done
exit 1
