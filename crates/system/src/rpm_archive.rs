use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::brought_accounts::BroughtAccounts;
use crate::{Command, Error, PendingPackage, Result, RpmPackage, System, matches_pattern};

/// The largest file, in bytes, whose content is looked at.
const LARGEST_CONTENT: usize = 1024 * 1024;

/// The largest package, in bytes as it is unpacked, that is looked into for the contents of its configuration files.
const LARGEST_PACKAGE: u64 = 256 * 1024 * 1024;

/// Where it is said which units are enabled when they are installed; of two files of one name the first counts.
const PRESETS: [&str; 4] = [
    "/etc/systemd/system-preset",
    "/run/systemd/system-preset",
    "/usr/local/lib/systemd/system-preset",
    "/usr/lib/systemd/system-preset",
];

/// How rpm is to tell of an archive: its files with mode, kind, owner and what they lead to, its size, and its scripts.
const FORMAT: &str = r"[F\t%{FILEMODES:octal}\t%{FILEFLAGS:fflags}\t%{FILEUSERNAME}\t%{FILEGROUPNAME}\t%{FILELINKTOS}\t%{FILENAMES}\n]S\t%{LONGSIZE}\n%|PRETRANS?{%{PRETRANS}\n}|%|PREIN?{%{PREIN}\n}|%|POSTIN?{%{POSTIN}\n}|%|POSTTRANS?{%{POSTTRANS}\n}|";

impl System {
    /// Which package an archive (`.rpm`) is; `None` if it is none that can be read.
    ///
    /// # Errors
    /// `rpm` can't be started.
    pub fn rpm_archive(&mut self, archive: &Path) -> Result<Option<RpmPackage>> {
        let command = query_of(archive, RpmPackage::FORMAT);
        let output = self.query(&command)?;
        Ok(output.stdout().lines().next().and_then(RpmPackage::parse).filter(|_| output.success()))
    }

    /// What a package archive (`.rpm`) would bring if it were installed in a root folder: nothing is installed, only
    /// looked into.
    ///
    /// # Errors
    /// `rpm` can't be started. What it can't read stays unknown.
    pub fn look_into_rpm_archive(
        &mut self,
        name: &str,
        archive: &Path,
        root: &Path,
    ) -> Result<PendingPackage> {
        let mut package = PendingPackage::new(name);
        let output = self.query(&query_of(archive, FORMAT))?;
        if !output.success() {
            return Ok(package);
        }
        let contents = Contents::parse(&output.stdout());
        let in_root = |path: &str| match root == Path::new("/") {
            true => path.to_owned(),
            false => format!("{}{path}", root.display()),
        };
        let files: BTreeSet<String> = contents.files.iter().map(|file| in_root(file)).collect();
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
        let mut found = self.contents_in(archive, &contents)?;
        let sysusers: Vec<String> = contents
            .sysusers
            .iter()
            .filter_map(|path| found.remove(path))
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .collect();
        // What happens in another root is nothing to the accounts and units of the host.
        if root == Path::new("/") {
            let accounts = BroughtAccounts::read(&contents.scripts, &sysusers);
            package.makes_accounts = Some(accounts.is_incomplete || sysusers.len() < contents.sysusers.len());
            package.sysusers = sysusers;
            let enabled = self.preset_units(&contents.scripts)?;
            package.scripts = Some(format!("{}{enabled}", contents.scripts));
        } else {
            package.makes_accounts = Some(false);
            package.scripts = Some(String::new());
        }
        package.configuration =
            found.into_iter().map(|(path, bytes)| (in_root(&path).into(), bytes)).collect();
        package.links = contents.links.into_iter().map(|(path, target)| (in_root(&path), target)).collect();
        package.owners = contents.owners.into_iter().map(|(path, names)| (in_root(&path), names)).collect();
        package.permissions =
            contents.permissions.iter().map(|(path, bits)| (in_root(path), *bits)).collect();
        package.files = Some(files);
        Ok(package)
    }

    /// The contents of those files in an archive that are looked at: configuration, and what tells of accounts.
    fn contents_in(&mut self, archive: &Path, contents: &Contents) -> Result<BTreeMap<String, Arc<[u8]>>> {
        let wanted: BTreeSet<&String> = contents.configuration.iter().chain(&contents.sysusers).collect();
        if wanted.is_empty() || contents.size > LARGEST_PACKAGE {
            return Ok(BTreeMap::new());
        }
        let unpacked = match self.query(&Command::new(["rpm2cpio"]).arg(archive.to_string_lossy())) {
            Ok(output) if output.success() => output.stdout,
            // A host may have rpm without it: the contents stay unknown.
            Ok(_) | Err(Error::Failed(_)) => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        let members = CpioMembers { rest: &unpacked };
        let found = members.filter(|(path, bytes)| wanted.contains(path) && bytes.len() <= LARGEST_CONTENT);
        Ok(found.map(|(path, bytes)| (path, bytes.into())).collect())
    }

    /// The units that scripts give the state that the host's presets say (systemd.preset(5)), as lines that enable those
    /// of them that the presets enable.
    fn preset_units(&mut self, scripts: &str) -> Result<String> {
        let sets = |line: &&str| line.contains("preset") || line.contains("install-system-units");
        let is_unit = |word: &&str| {
            [".service", ".socket", ".timer", ".path", ".target"].iter().any(|kind| word.ends_with(kind))
        };
        let units: BTreeSet<&str> = scripts
            .lines()
            .filter(sets)
            .flat_map(|line| line.split(|letter: char| letter.is_whitespace() || "'\";&|".contains(letter)))
            .filter(is_unit)
            .collect();
        if units.is_empty() {
            return Ok(String::new());
        }
        let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
        for folder in PRESETS.map(Path::new) {
            if self.follow(folder)?.is_some_and(|found| found.is_directory()) {
                for name in self.list(folder)?.into_iter().filter(|name| name.ends_with(".preset")) {
                    files.entry(name).or_insert_with_key(|name| folder.join(name));
                }
            }
        }
        let mut rules = String::new();
        for path in files.into_values() {
            rules += &self.read_text_if_any(&path)?.unwrap_or_default();
            rules.push('\n');
        }
        let is_enabled = |unit: &&&str| {
            let decides = |line: &str| {
                let mut words = line.split_whitespace();
                let verb = words.next().filter(|verb| matches!(*verb, "enable" | "disable"))?;
                matches_pattern(words.next()?, unit).then_some(verb == "enable")
            };
            // Without a rule a unit is enabled.
            rules.lines().find_map(decides).unwrap_or(true)
        };
        Ok(units.iter().filter(is_enabled).map(|unit| format!("systemctl enable {unit}\n")).collect())
    }
}

fn query_of(archive: &Path, format: &str) -> Command {
    Command::new(["rpm", "-qp", "--nosignature", "--queryformat", format])
        .arg(archive.to_string_lossy())
        .env("LC_ALL", "C.UTF-8")
}

/// What rpm tells of an archive.
#[derive(Debug, Default, PartialEq)]
struct Contents {
    /// Directories end in `/`.
    files: BTreeSet<String>,
    /// Of files that are not 0644 and directories that are not 0755.
    permissions: BTreeMap<String, u32>,
    /// User and group of what does not belong to root; an empty name is root's.
    owners: BTreeMap<String, (String, String)>,
    /// Where symbolic links lead.
    links: BTreeMap<String, String>,
    configuration: BTreeSet<String>,
    /// Files that tell systemd-sysusers which accounts to make.
    sysusers: BTreeSet<String>,
    size: u64,
    scripts: String,
}

impl Contents {
    fn parse(text: &str) -> Contents {
        let mut contents = Contents::default();
        let mut lines = text.lines();
        for line in lines.by_ref() {
            if let Some(size) = line.strip_prefix("S\t") {
                contents.size = size.parse().unwrap_or(u64::MAX);
                break;
            }
            let fields: Vec<&str> = line.splitn(7, '\t').collect();
            let ["F", mode, flags, owner, group, target, path] = *fields else { continue };
            // The mode of an inode, with its type in front.
            let mode = u32::from_str_radix(mode, 8).unwrap_or(0o100_644);
            // A ghost is the package's own but not in it.
            if flags.contains('g') {
                continue;
            }
            let is_directory = mode >> 12 == 0o04;
            let is_file = mode >> 12 == 0o10;
            contents.files.insert(if is_directory { format!("{path}/") } else { path.to_owned() });
            let bits = mode & 0o7777;
            if (is_directory && bits != 0o755) || (is_file && bits != 0o644) {
                contents.permissions.insert(path.to_owned(), bits);
            }
            if (owner, group) != ("root", "root") {
                let name = |name: &str| if name == "root" { String::new() } else { name.to_owned() };
                contents.owners.insert(path.to_owned(), (name(owner), name(group)));
            }
            if mode >> 12 == 0o12 {
                contents.links.insert(path.to_owned(), target.to_owned());
            }
            if is_file && path.starts_with("/usr/lib/sysusers.d/") {
                contents.sysusers.insert(path.to_owned());
            }
            if is_file && flags.contains('c') {
                contents.configuration.insert(path.to_owned());
            }
        }
        contents.scripts = lines.flat_map(|line| [line, "\n"]).collect();
        contents
    }
}

/// The files in an archive of cpio's portable format (cpio(5), "New ASCII Format"): path and content.
struct CpioMembers<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for CpioMembers<'a> {
    type Item = (String, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        const HEADER: usize = 110;
        let header = self.rest.get(..HEADER)?;
        if !header.starts_with(b"07070") {
            return None;
        }
        // Behind the magic number there are numbers of eight digits each.
        let number = |index: usize| {
            let digits = std::str::from_utf8(header.get(6 + 8 * index..14 + 8 * index)?).ok()?;
            usize::from_str_radix(digits, 16).ok()
        };
        let (size, name_size) = (number(6)?, number(11)?);
        let padded = |length: usize| length.checked_next_multiple_of(4);
        let name = self.rest.get(HEADER..HEADER.checked_add(name_size)?)?.strip_suffix(b"\0")?;
        let start = padded(HEADER + name_size)?;
        let content = self.rest.get(start..start.checked_add(size)?)?;
        self.rest = self.rest.get(padded(start + size)?..).unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        (name != "TRAILER!!!")
            .then(|| (format!("/{}", name.trim_start_matches("./").trim_start_matches('/')), content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBackend, NoCourier};

    fn member(name: &str, content: &str) -> String {
        let mut numbers = [0; 13];
        (numbers[6], numbers[11]) = (content.len(), name.len() + 1);
        let numbers: String = numbers.iter().map(|number| format!("{number:08x}")).collect();
        let pad = |text: String| {
            let length = text.len().next_multiple_of(4);
            format!("{text:\0<length$}")
        };
        pad(format!("070701{numbers}{name}\0")) + &pad(content.to_owned())
    }

    #[test]
    fn an_archive_is_looked_into() {
        let listing = "F\t40755\t\troot\troot\t\t/etc/clock\n\
                       F\t100640\tcn\troot\tclock\t\t/etc/clock/clock.conf\n\
                       F\t100644\tg\troot\troot\t\t/var/log/clock.log\n\
                       F\t100755\t\troot\troot\t\t/usr/bin/clock\n\
                       F\t120777\t\troot\troot\tclock\t/usr/bin/uhr\n\
                       F\t100644\t\troot\troot\t\t/usr/lib/systemd/system/clock.service\n\
                       F\t100644\t\troot\troot\t\t/usr/lib/sysusers.d/clock.conf\n\
                       S\t151\n\
                       useradd $WHO\n\
                       systemctl --no-reload preset clock.service 'bell.service'\n";
        let backend = MemoryBackend::new();
        backend.add_file("/usr/lib/systemd/system-preset/90-a.preset", "# ours\nenable clock.*\n");
        backend.add_file("/usr/lib/systemd/system-preset/99-b.preset", "disable *\n");
        backend.answer(&format!("rpm -qp --nosignature --queryformat {FORMAT} /tmp/clock.rpm"), 0, listing);
        let archive = member("./usr/bin/clock", "#!/bin/sh\n")
            + &member("./etc/clock/clock.conf", "zone = UTC\n")
            + &member("./usr/lib/sysusers.d/clock.conf", "u clock -\n")
            + &member("TRAILER!!!", "");
        backend.answer("rpm2cpio /tmp/clock.rpm", 0, &archive);
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        let package =
            host.look_into_rpm_archive("clock", Path::new("/tmp/clock.rpm"), Path::new("/")).unwrap();
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<String>>();
        let files = [
            "/etc/clock/",
            "/etc/clock/clock.conf",
            "/usr/bin/clock",
            "/usr/bin/uhr",
            "/usr/lib/systemd/system/clock.service",
            "/usr/lib/sysusers.d/clock.conf",
        ];
        assert_eq!(package.files, Some(set(&files)));
        assert_eq!(package.own_directories, set(&["/etc/clock/"]));
        let permissions = [("/etc/clock/clock.conf", 0o640), ("/usr/bin/clock", 0o755)];
        assert_eq!(package.permissions, permissions.map(|(path, bits)| (path.to_owned(), bits)).into());
        let content = package.configuration.get(Path::new("/etc/clock/clock.conf"));
        assert_eq!(content.map(|bytes| bytes.as_ref()), Some(b"zone = UTC\n".as_slice()));
        assert_eq!(package.makes_accounts, Some(true));
        assert_eq!(package.sysusers, ["u clock -\n"]);
        assert_eq!(package.links, [("/usr/bin/uhr".to_owned(), "clock".to_owned())].into());
        let owner = (String::new(), "clock".to_owned());
        assert_eq!(package.owners, [("/etc/clock/clock.conf".to_owned(), owner)].into());
        assert!(package.enables("clock.service") && !package.enables("bell.service"));
        assert!(!package.starts("clock.service"));
        let elsewhere =
            host.look_into_rpm_archive("clock", Path::new("/tmp/clock.rpm"), Path::new("/srv/root")).unwrap();
        assert!(elsewhere.brings_file(Path::new("/srv/root/etc/clock/clock.conf")));
        assert!(elsewhere.configuration.contains_key(Path::new("/srv/root/etc/clock/clock.conf")));
        assert!(!elsewhere.brings_file(Path::new("/usr/bin/clock")));
        assert_eq!(elsewhere.makes_accounts, Some(false));
    }

    #[test]
    fn damaged_archives_end_early() {
        let whole = member("./a", "text") + &member("TRAILER!!!", "");
        let count = |bytes: &[u8]| CpioMembers { rest: bytes }.count();
        assert_eq!(count(whole.as_bytes()), 1);
        for end in 0..whole.len() {
            assert!(count(&whole.as_bytes()[..end]) <= 1);
        }
        assert_eq!(count(&[b"07070X".as_slice(), &[b'f'; 200]].concat()), 0);
    }
}
