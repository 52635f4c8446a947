set -eu
mkdir -p /srv/into /srv/parts
cd /srv/parts
echo evil >evil
echo good >good
python3 - <<'END'
import io, tarfile, zipfile
def tar(name, *members):
    with tarfile.open(name, 'w') as archive:
        for path, kind, target in members:
            member = tarfile.TarInfo(path)
            member.type, member.linkname = kind, target
            data = b'evil\n' if kind == tarfile.REGTYPE else b''
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
F, L, H = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
tar('/srv/up.tar', ('good', F, ''), ('../evil', F, ''))
tar('/srv/absolute.tar', ('good', F, ''), ('/srv/evil', F, ''))
tar('/srv/deep.tar', ('a/../../evil', F, ''))
tar('/srv/link.tar', ('out', L, '/srv'), ('out/evil', F, ''))
with zipfile.ZipFile('/srv/up.zip', 'w') as archive:
    archive.writestr('good', 'good\n')
    archive.writestr('../evil', 'evil\n')
END
head -c 300 /srv/up.tar >/srv/short.tar
printf 'PK\003\004nonsense' >/srv/broken.zip
echo nonsense >/srv/no.tar.gz
rm -r /srv/parts
