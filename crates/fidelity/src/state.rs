use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use diag::{Error, Result};
use lab::LabHost;
use sha2::{Digest, Sha256};

use crate::exceptions::Exceptions;
use crate::tool::cannot;

/// Folders that are windows to the kernel, or whose files end with the host.
const NOT_FILES: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];

/// Prints packages and units, each line with a letter for what it is about.
const SCRIPT: &str = r#"
dpkg-query -W -f 'P ${Package}:${Architecture} ${Version} ${db:Status-Abbrev}\n'
systemctl list-unit-files --no-legend --no-pager --plain | awk '{ print "U " $1 " file " $2 }'
systemctl list-units --all --no-legend --no-pager --plain | awk '{ print "U " $1 " is " $2 " " $3 }'
getent passwd | sed 's/^/A account /'
getent group | sed 's/^/A group /'
"#;

/// Units that come and go with logins, with the programs themselves, and when somebody asks for them.
const PASSING: [&str; 11] = [
    "session-",
    "user@",
    "user-",
    "run-",
    "init.scope",
    "proc-",
    "dev-",
    "sys-",
    "systemd-timedated.service",
    "systemd-hostnamed.service",
    "systemd-localed.service",
];

/// What there is on a host.
#[derive(PartialEq, Eq)]
pub struct State {
    files: BTreeMap<String, File>,
    packages: BTreeMap<String, String>,
    units: BTreeMap<String, String>,
    accounts: BTreeMap<String, String>,
}

#[derive(PartialEq, Eq)]
struct File {
    /// Type, mode, owner and what is in it.
    looks: String,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
}

impl State {
    /// Looks at a host. The content of files that are older than `base`, the folder that hosts are made of, is not read:
    /// they are as they were in it.
    ///
    /// # Errors
    /// The host can't be looked at.
    pub fn of(host: &LabHost, base: &Path) -> Result<State> {
        host.wait_until_booted()?;
        let born = base.metadata().map_err(|error| cannot("read", base, error))?.ctime();
        let root = host.root()?;
        let mut files = BTreeMap::new();
        walk(&root, "", born, &mut files)?;
        let output = host.shell(SCRIPT)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut state =
            State { files, packages: BTreeMap::new(), units: BTreeMap::new(), accounts: BTreeMap::new() };
        for line in text.lines() {
            let Some((kind, rest)) = line.split_once(' ') else { continue };
            let Some((name, what)) = rest.split_once([' ', ':']) else { continue };
            match kind {
                "P" => drop(state.packages.insert(name.to_owned(), what.to_owned())),
                "U" if !PASSING.iter().any(|start| name.starts_with(start)) => {
                    let known = state.units.entry(name.to_owned()).or_default();
                    *known = format!("{known} {what}");
                }
                "A" => {
                    let (name, what) = what.split_once(':').unwrap_or((what, ""));
                    state.accounts.insert(
                        format!("{} {name}", rest.split(' ').next().unwrap_or_default()),
                        what.to_owned(),
                    );
                }
                _ => {}
            }
        }
        if state.packages.is_empty() || state.units.is_empty() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Error::new("the host can't be looked at").cause(said).host(&host.name));
        }
        Ok(state)
    }

    /// What is different on another host, or on this one later. Times count on the same host only.
    pub(crate) fn differences(&self, other: &State, exceptions: Exceptions) -> Vec<String> {
        let times = exceptions == Exceptions::OfADryRun;
        let all = |state: &State| -> BTreeMap<String, String> {
            let mut all = BTreeMap::new();
            for (path, file) in state.files.iter().filter(|(path, _)| !exceptions.has(path)) {
                let (seconds, nanoseconds) = file.modified;
                let time = if times { format!(", {seconds}.{nanoseconds:09}") } else { String::new() };
                let path = if times { path.clone() } else { lasting_name(path) };
                all.insert(format!("file {path}"), format!("{}{time}", file.looks));
            }
            let others = [("package", &state.packages), ("unit", &state.units), ("", &state.accounts)];
            for (kind, things) in others {
                all.extend(things.iter().map(|(name, what)| (format!("{kind} {name}"), what.clone())));
            }
            all
        };
        let (before, after) = (all(self), all(other));
        let mut found = Vec::new();
        for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
            match (before.get(name), after.get(name)) {
                (Some(one), Some(other)) if one == other => {}
                (Some(one), Some(other)) => found.push(format!("{name}: {one} -> {other}")),
                (Some(one), None) => found.push(format!("{name}: {one} -> nothing")),
                (None, Some(other)) => found.push(format!("{name}: nothing -> {other}")),
                (None, None) => {}
            }
        }
        found
    }
}

fn walk(root: &Path, folder: &str, born: i64, files: &mut BTreeMap<String, File>) -> Result<()> {
    let place = root.join(folder.trim_start_matches('/'));
    // What is temporary may be gone before it is looked at.
    let Ok(entries) = fs::read_dir(&place) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let Ok(metadata) = entry.path().symlink_metadata() else { continue };
        let looks = looks(&entry.path(), &metadata, born)?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        files.insert(path.clone(), File { looks, modified });
        if metadata.is_dir() && !NOT_FILES.contains(&path.as_str()) {
            walk(root, &path, born, files)?;
        }
    }
    Ok(())
}

fn looks(path: &Path, metadata: &Metadata, born: i64) -> Result<String> {
    let kind = metadata.file_type();
    let owner = format!("{:04o} {}:{}", metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
    Ok(if kind.is_symlink() {
        let target = fs::read_link(path).map_err(|error| cannot("read", path, error))?;
        format!("link to {} of {}:{}", target.display(), metadata.uid(), metadata.gid())
    } else if kind.is_dir() {
        format!("folder {owner}")
    } else if kind.is_file() {
        let size = metadata.len();
        let content = if metadata.ctime() < born { String::new() } else { hash(path) };
        format!("file {owner} {size} bytes {content}")
    } else if kind.is_socket() {
        format!("socket {owner}")
    } else {
        format!("special {owner} {:x}", metadata.rdev())
    })
}

/// The name of a backup without the process that made it and the time: `NAME.PID.YYYY-MM-DD@HH:MM:SS~`.
fn lasting_name(path: &str) -> String {
    let parts = path.strip_suffix('~').and_then(|start| start.rsplit_once('.'));
    let parts = parts.filter(|(_, time)| time.len() == 19 && time.as_bytes().get(10) == Some(&b'@'));
    match parts.and_then(|(start, _)| start.rsplit_once('.')) {
        Some((name, process)) if process.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{name}.backup")
        }
        _ => path.to_owned(),
    }
}

fn hash(path: &Path) -> String {
    let content = fs::read(path).unwrap_or_default();
    Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_are_known_by_what_they_are_of() {
        assert_eq!(
            lasting_name("/etc/ssh/sshd_config.144.2026-11-20@21:28:17~"),
            "/etc/ssh/sshd_config.backup"
        );
        assert_eq!(lasting_name("/etc/old~"), "/etc/old~");
    }
}
