# The repository that is deployed, with two releases.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y install --no-install-recommends git >/dev/null 2>&1
export GIT_AUTHOR_NAME=dev GIT_AUTHOR_EMAIL=dev@example.org GIT_COMMITTER_NAME=dev GIT_COMMITTER_EMAIL=dev@example.org
export GIT_AUTHOR_DATE=2025-01-01T00:00:00Z GIT_COMMITTER_DATE=2025-01-01T00:00:00Z
git init -q --initial-branch=main /tmp/work
cd /tmp/work
cat >server.py <<'END'
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", 8088), SimpleHTTPRequestHandler).serve_forever()
END
echo 1.0 >VERSION
git add . && git commit -qm 'Release 1.0' && git tag v1.0
echo 1.1 >VERSION
git commit -qam 'Release 1.1' && git tag v1.1
git clone -q --bare /tmp/work /srv/site.git
rm -rf /tmp/work
