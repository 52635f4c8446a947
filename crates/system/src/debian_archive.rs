use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Command, Error, Kind, PendingPackage, Result, System};

/// The largest configuration file, in bytes, whose content is kept.
const LARGEST_CONFIGURATION: usize = 1024 * 1024;

/// What installation scripts call to make accounts.
const ACCOUNT_TOOLS: [&str; 5] = ["adduser", "addgroup", "useradd", "groupadd", "sysusers"];

impl System {
    /// What a package archive (`.deb`) would bring if it were installed: nothing is installed, only looked into.
    ///
    /// # Errors
    /// `dpkg-deb` can't be started. What it can't read stays unknown.
    pub fn look_into_debian_archive(&mut self, name: &str, archive: &Path) -> Result<PendingPackage> {
        let archive = archive.to_string_lossy().into_owned();
        let mut package = PendingPackage::new(name);
        let listing = self.query(&Command::new(["dpkg-deb", "--contents", &archive]))?;
        if !listing.success() {
            return Ok(package);
        }
        let listing = listing.stdout();
        let files = self.with_merged_names(files_of(&listing))?;
        for (bits, files) in unusual_permissions(&listing) {
            let files = self.with_merged_names(files)?;
            package.permissions.extend(files.into_iter().map(|file| (file, bits)));
        }
        let scripts =
            self.query(&Command::new(["dpkg-deb", "--info", &archive, "preinst", "postinst"]))?.stdout();
        let makes_accounts = ACCOUNT_TOOLS.iter().any(|tool| scripts.contains(tool))
            || files.iter().any(|file| file.starts_with("/usr/lib/sysusers.d/") && !file.ends_with('/'));
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
        package.files = Some(files);
        package.scripts = Some(scripts);
        package.makes_accounts = Some(makes_accounts);
        package.configuration = self.configuration_of(&archive)?;
        Ok(package)
    }

    fn configuration_of(&mut self, archive: &str) -> Result<BTreeMap<PathBuf, Arc<[u8]>>> {
        let list = self.query(&Command::new(["dpkg-deb", "--info", archive, "conffiles"]))?;
        let mut configuration = BTreeMap::new();
        // An archive without configuration files has no such list, which is told as a failure.
        if !list.success() || list.stdout.is_empty() {
            return Ok(configuration);
        }
        self.with_temporary_directory(|host, folder| {
            let extract = Command::new(["dpkg-deb", "--extract", archive]).arg(folder.to_string_lossy());
            if !host.query(&extract)?.success() {
                return Ok(());
            }
            for path in list.stdout().lines().map(Path::new) {
                let Ok(relative) = path.strip_prefix("/") else { continue };
                if let Ok(content) = host.read(&folder.join(relative))
                    && content.len() <= LARGEST_CONFIGURATION
                {
                    configuration.insert(path.to_owned(), content.into());
                }
            }
            Ok(())
        })?;
        Ok(configuration)
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

/// The paths in the listing of an archive, which looks like that of `ls -l`; directories end in `/`.
fn files_of(listing: &str) -> BTreeSet<String> {
    let path = |line: &str| {
        let (_, path) = line.split_once(" ./")?;
        let path = path.split(" -> ").next().unwrap_or(path).split(" link to ").next()?;
        (!path.is_empty()).then(|| format!("/{path}"))
    };
    listing.lines().filter_map(path).collect()
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
        assert_eq!(package.makes_accounts, Some(true));
    }
}
