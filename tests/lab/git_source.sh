set -e
git init --quiet /srv/source
cd /srv/source
echo 1 > a
git add a
git -c user.name=lab -c user.email=lab@example.org commit --quiet --message one
git tag v1
