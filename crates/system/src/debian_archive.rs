use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::brought_accounts::BroughtAccounts;
use crate::scripted_files::{Made, ScriptedFiles};
use crate::{Command, Error, Kind, PendingPackage, Result, System};

/// The largest file, in bytes, whose content is looked at.
const LARGEST_CONTENT: usize = 1024 * 1024;

impl System {
    /// What a package archive (`.deb`) would bring if it were installed: nothing is installed, only looked into.
    ///
    /// # Errors
    /// `dpkg-deb` can't be started. What it can't read stays unknown.
    pub fn look_into_debian_archive(&mut self, name: &str, archive: &Path) -> Result<PendingPackage> {
        let mut package = PendingPackage { archive: Some(archive.to_owned()), ..PendingPackage::new(name) };
        let archive_name = archive.to_string_lossy().into_owned();
        let listing = self.query(&Command::new(["dpkg-deb", "--contents", &archive_name]))?;
        if !listing.success() {
            return Ok(package);
        }
        let listing = listing.stdout();
        let listed = files_of(&listing);
        let mut files = self.with_merged_names(listed.clone())?;
        for (bits, files) in unusual_permissions(&listing) {
            let files = self.with_merged_names(files)?;
            package.permissions.extend(files.into_iter().map(|file| (file, bits)));
        }
        for (path, target) in links_of(&listing) {
            for path in self.with_merged_names(BTreeSet::from([path]))? {
                package.links.insert(path, target.clone());
            }
        }
        let ask =
            |part: &[&str]| Command::new(["dpkg-deb", "--info", &archive_name]).args(part.iter().copied());
        let scripts = self.query(&ask(&["preinst", "postinst"]))?.stdout();
        // An archive without configuration files has no such list, which is told as a failure.
        let list = self.query(&ask(&["conffiles"]))?;
        let conffiles = if list.success() { list.stdout() } else { String::new() };

        let scripted = ScriptedFiles::read(name, &scripts, |path| files.contains(path));
        let is_sysusers =
            |file: &&String| file.starts_with("/usr/lib/sysusers.d/") && file.ends_with(".conf");
        let sources = scripted.made.values().filter_map(|made| match made {
            Made::Copy(source) => Some(source.as_str()),
            _ => None,
        });
        let wanted: BTreeSet<&str> = conffiles
            .lines()
            .map(str::trim)
            .chain(sources)
            .chain(listed.iter().filter(is_sysusers).map(String::as_str))
            .collect();
        let wanted: Vec<&str> = wanted.into_iter().filter(|path| listed.contains(*path)).collect();
        let contents = self.contents_of(archive, &wanted)?;

        let sysusers = listed.iter().filter(is_sysusers).filter_map(|path| contents.get(Path::new(path)));
        package.sysusers = sysusers.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        for path in conffiles.lines().map(|path| Path::new(path.trim())) {
            if let Some(content) = contents.get(path) {
                package.configuration.insert(path.to_owned(), Arc::clone(content));
            }
        }
        add_scripted(&mut package, &mut files, scripted, &contents);
        for directory in files.iter().filter(|file| file.ends_with('/')) {
            let is_new = match self.inode(Path::new(directory)) {
                Ok(inode) => inode.is_absent(),
                Err(Error::Unknown(_)) => true,
                Err(error) => return Err(error),
            };
            if is_new {
                package.own_directories.insert(directory.clone());
            }
        }
        package.makes_accounts = Some(BroughtAccounts::read(&scripts, &package.sysusers).is_incomplete);
        package.files = Some(files);
        package.scripts = Some(scripts);
        Ok(package)
    }

    /// The contents of files in an archive, but of large ones.
    fn contents_of(&mut self, archive: &Path, paths: &[&str]) -> Result<BTreeMap<PathBuf, Arc<[u8]>>> {
        let mut contents = BTreeMap::new();
        if paths.is_empty() {
            return Ok(contents);
        }
        self.with_temporary_directory(|host, folder| {
            const SCRIPT: &str = r#"archive=$1 folder=$2; shift 2; dpkg-deb --fsys-tarfile "$archive" | tar -x -f - -C "$folder" -- "$@""#;
            let extract = Command::new(["sh", "-c", SCRIPT, "sh"])
                .args([archive.to_string_lossy(), folder.to_string_lossy()])
                .args(paths.iter().map(|path| format!(".{path}")));
            // Of what can't be had the content is not known.
            host.query(&extract)?;
            for path in paths {
                let extracted = folder.join(path.trim_start_matches('/'));
                if host.inode(&extracted)?.is_file()
                    && let Ok(content) = host.read(&extracted)
                    && content.len() <= LARGEST_CONTENT
                {
                    contents.insert(PathBuf::from(path), content.into());
                }
            }
            Ok(())
        })?;
        Ok(contents)
    }

    /// The content of a file that a predicted package brings, out of its archive if that is still there.
    pub(crate) fn read_out_of_archive(&mut self, path: &Path) -> Result<Option<Vec<u8>>> {
        let Some(package) = self.overlay().and_then(|overlay| overlay.bringer(path)).cloned() else {
            return Ok(None);
        };
        for source in package.copies.get(&*path.to_string_lossy()).into_iter().flatten().map(Path::new) {
            if source != path
                && self.follow(source).is_ok_and(|found| found.is_some_and(|found| found.is_file()))
            {
                return self.read(source).map(Some);
            }
        }
        let Some(archive) = package.archive else { return Ok(None) };
        if package.folder_of.is_some() {
            let (Some(commit), Ok(below)) = (package.record, path.strip_prefix(&package.name)) else {
                return Ok(None);
            };
            let show = Command::new(["git", "show", &format!("{commit}:{}", below.display())]);
            let shown = self.query(&show.directory(&archive))?;
            return Ok(shown.success().then_some(shown.stdout));
        }
        let text = path.to_string_lossy().into_owned();
        // Where `/lib` is a link into `/usr`, the archive may have the file by the other name.
        let names = [Some(text.as_str()), text.strip_prefix("/usr").filter(|rest| rest.starts_with('/'))];
        for name in names.into_iter().flatten() {
            if let Some(content) = self.contents_of(&archive, &[name])?.remove(Path::new(name)) {
                return Ok(Some(content.to_vec()));
            }
        }
        Ok(None)
    }

    /// Where `/lib` and the like are links into `/usr`, what packages put there is known by both names.
    fn with_merged_names(&mut self, mut files: BTreeSet<String>) -> Result<BTreeSet<String>> {
        for directory in ["/bin/", "/sbin/", "/lib/", "/lib64/"] {
            if matches!(self.inode(Path::new(directory.trim_end_matches('/')))?.kind, Kind::Link(_)) {
                let merged: Vec<String> = files
                    .iter()
                    .filter(|file| file.starts_with(directory))
                    .map(|file| format!("/usr{file}"))
                    .collect();
                files.extend(merged);
            }
        }
        Ok(files)
    }
}

/// Adds what the scripts of a package plainly do to files to what it brings. `contents` are those of its own files.
fn add_scripted(
    package: &mut PendingPackage,
    files: &mut BTreeSet<String>,
    scripted: ScriptedFiles,
    contents: &BTreeMap<PathBuf, Arc<[u8]>>,
) {
    for (path, made) in scripted.made {
        match made {
            Made::Directory => {
                let ancestors = Path::new(&path).ancestors().filter(|path| path.parent().is_some());
                files.extend(ancestors.map(|path| format!("{}/", path.display())));
                continue;
            }
            Made::Link(target) => {
                package.links.insert(path.clone(), target);
            }
            Made::Empty => {
                package.configuration.insert(PathBuf::from(&path), Arc::from([]));
            }
            Made::Copy(source) => {
                if let Some(content) = contents.get(Path::new(&source)) {
                    package.configuration.insert(PathBuf::from(&path), Arc::clone(content));
                }
                package.copies.insert(path.clone(), vec![source.clone()]);
                if let Some(bits) = package.permissions.get(&source).copied() {
                    package.permissions.insert(path.clone(), bits);
                }
            }
            Made::CopyOfOne(sources) => {
                package.copies.insert(path.clone(), sources);
            }
            Made::Unknown => {}
        }
        files.insert(path);
    }
    for (path, attributes) in scripted.attributes {
        if let Some(bits) = attributes.permissions {
            package.permissions.insert(path.clone(), bits);
        }
        if attributes.owner.is_some() || attributes.group.is_some() {
            let names = (attributes.owner.unwrap_or_default(), attributes.group.unwrap_or_default());
            package.owners.insert(path, names);
        }
    }
}

/// The paths in the listing of an archive, which looks like that of `ls -l`; directories end in `/`.
fn files_of(listing: &str) -> BTreeSet<String> {
    let path = |line: &str| {
        let (_, path) = line.split_once(" ./")?;
        let path = path.split(" -> ").next().unwrap_or(path).split(" link to ").next()?;
        (!path.is_empty()).then(|| format!("/{path}"))
    };
    listing.lines().filter_map(path).collect()
}

/// The symbolic links in the listing of an archive: where each is, and where it leads.
fn links_of(listing: &str) -> BTreeMap<String, String> {
    let link = |line: &str| {
        let (path, target) = line.strip_prefix('l')?.split_once(" ./")?.1.split_once(" -> ")?;
        Some((format!("/{path}"), target.to_owned()))
    };
    listing.lines().filter_map(link).collect()
}

/// The files in the listing of an archive that have other permissions than most, by these.
fn unusual_permissions(listing: &str) -> BTreeMap<u32, BTreeSet<String>> {
    let mut found: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for line in listing.lines() {
        let usual = match line.get(..1) {
            Some("-") => 0o644,
            Some("d") => 0o755,
            _ => continue,
        };
        let Some(bits) = line.get(1..10).and_then(permission_bits).filter(|bits| *bits != usual) else {
            continue;
        };
        // A folder's name has no slash at its end where it is looked up.
        let files = files_of(line).into_iter().map(|file| file.trim_end_matches('/').to_owned());
        found.entry(bits).or_default().extend(files);
    }
    found
}

/// The number for permissions as `ls -l` writes them, without the type: `rwxr-sr-x`.
fn permission_bits(text: &str) -> Option<u32> {
    let letters: Vec<char> = text.chars().collect();
    let mut bits = 0;
    for (index, triple) in letters.chunks(3).enumerate() {
        let [read, write, execute] = triple else { return None };
        let place = 2 - index as u32;
        let special = matches!(execute, 's' | 'S' | 't' | 'T');
        let triple = u32::from(*read == 'r') << 2
            | u32::from(*write == 'w') << 1
            | u32::from(matches!(execute, 'x' | 's' | 't'));
        bits |= triple << (3 * place) | u32::from(special) << (9 + place);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier};

    #[test]
    fn an_archive_is_looked_into() {
        let backend = MemoryBackend::new();
        backend.add_link("/lib", "usr/lib");
        let listing = "drwxr-xr-x root/root         0 2023-02-08 12:00 ./\n\
                       drwxr-xr-x root/root         0 2023-02-08 12:00 ./etc/nginx/\n\
                       -rw-r--r-- root/root      1077 2023-02-08 12:00 ./etc/nginx/a file.conf\n\
                       -rw-r--r-- root/root       100 2023-02-08 12:00 ./lib/systemd/system/nginx.service\n\
                       -rwsr-xr-x root/root         9 2023-02-08 12:00 ./lib/nginx\n\
                       drwxrwxrwt root/root         0 2023-02-08 12:00 ./var/drop/\n\
                       lrwxrwxrwx root/root         0 2023-02-08 12:00 ./usr/share/x -> ../y\n";
        backend.answer("dpkg-deb --contents /tmp/nginx.deb", 0, listing);
        backend.answer(
            "dpkg-deb --info /tmp/nginx.deb preinst postinst",
            0,
            "#!/bin/sh\nadduser --system nginx\n",
        );
        backend.answer("dpkg-deb --info /tmp/nginx.deb conffiles", 2, "");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        let package = host.look_into_debian_archive("nginx", Path::new("/tmp/nginx.deb")).unwrap();
        let files = [
            "/etc/nginx/",
            "/etc/nginx/a file.conf",
            "/lib/nginx",
            "/lib/systemd/system/nginx.service",
            "/usr/lib/nginx",
            "/usr/lib/systemd/system/nginx.service",
            "/usr/share/x",
            "/var/drop/",
        ];
        let permissions = [("/lib/nginx", 0o4755), ("/usr/lib/nginx", 0o4755), ("/var/drop", 0o1777)];
        assert_eq!(package.permissions, permissions.map(|(path, bits)| (path.to_owned(), bits)).into());
        assert_eq!(package.files, Some(files.map(str::to_owned).into()));
        assert_eq!(package.links.get("/usr/share/x").map(String::as_str), Some("../y"));
        assert_eq!(package.makes_accounts, Some(false));
    }
}
