use std::fmt;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diag::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::{Algorithm, PublicKey};
use sha1::Sha1;

use super::pattern;

/// What the known_hosts files say about one host.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    place: Place,
    marker: Marker,
    key: PublicKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Host,
    CertAuthority,
    Revoked,
}

/// A line of a known_hosts file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file.display(), self.line)
    }
}

/// What is known about a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the host's.
    Known,
    /// Nothing is known about the host's keys of this type.
    Unknown,
    /// The host had another key of this type, at this place.
    Changed(Place),
    /// It must not be used any more, says this place.
    Revoked(Place),
}

impl KnownHosts {
    /// Reads the lines about a host, which is written `name` or `[name]:port`, lower case. Files that are not there are
    /// empty, and lines that can't be read are skipped, as OpenSSH does.
    pub(super) fn read(files: &[PathBuf], host: &str) -> KnownHosts {
        let mut entries = Vec::new();
        for file in files {
            let Ok(bytes) = std::fs::read(file) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            for (index, line) in text.lines().enumerate() {
                if let Some((marker, key)) = parse_line(line, host) {
                    let place = Place { file: file.clone(), line: index + 1 };
                    entries.push(Entry { place, marker, key });
                }
            }
        }
        KnownHosts { entries }
    }

    /// Whether nothing is known about the host.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The types of the host's known keys. A server asked for these first gives a key that can be checked.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        self.entries
            .iter()
            .filter(|entry| entry.marker == Marker::Host)
            .map(|entry| entry.key.algorithm())
            .collect()
    }

    /// Whether some authority may vouch for the host.
    pub(super) fn has_authorities(&self) -> bool {
        self.authorities().next().is_some()
    }

    /// The keys of the authorities that may vouch for the host.
    pub(super) fn authorities(&self) -> impl Iterator<Item = &PublicKey> {
        self.entries.iter().filter(|entry| entry.marker == Marker::CertAuthority).map(|entry| &entry.key)
    }

    /// The place that revokes a key, if one does.
    pub(super) fn revoked(&self, key: &PublicKey) -> Option<&Place> {
        self.entries
            .iter()
            .find(|entry| entry.marker == Marker::Revoked && entry.key.key_data() == key.key_data())
            .map(|entry| &entry.place)
    }

    /// What is known about a key that the host has shown.
    pub(super) fn judge(&self, key: &PublicKey) -> Verdict {
        if let Some(place) = self.revoked(key) {
            return Verdict::Revoked(place.clone());
        }
        let mut same_type = self
            .entries
            .iter()
            .filter(|entry| entry.marker == Marker::Host && entry.key.algorithm() == key.algorithm())
            .peekable();
        let first = same_type.peek().map(|entry| entry.place.clone());
        match (same_type.any(|entry| entry.key.key_data() == key.key_data()), first) {
            (true, _) => Verdict::Known,
            (false, Some(place)) => Verdict::Changed(place),
            (false, None) => Verdict::Unknown,
        }
    }
}

/// A line's marker and key, if it can be read and is about the host.
fn parse_line(line: &str, host: &str) -> Option<(Marker, PublicKey)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut words = line.split_ascii_whitespace();
    let first = words.next()?;
    let (marker, hosts) = match first {
        "@cert-authority" => (Marker::CertAuthority, words.next()?),
        "@revoked" => (Marker::Revoked, words.next()?),
        _ if first.starts_with('@') => return None,
        _ => (Marker::Host, first),
    };
    if !names(hosts, host) {
        return None;
    }
    let (kind, encoded) = (words.next()?, words.next()?);
    let key = russh::keys::parse_public_key_base64(encoded).ok()?;
    (key.algorithm().as_str() == kind).then_some((marker, key))
}

/// Whether the host field of a line is about a host.
fn names(field: &str, host: &str) -> bool {
    match field.strip_prefix("|1|") {
        Some(hashed) => hashed.split_once('|').is_some_and(|(salt, hash)| {
            match (STANDARD.decode(salt), STANDARD.decode(hash)) {
                (Ok(salt), Ok(hash)) => Hmac::<Sha1>::new_from_slice(&salt)
                    .is_ok_and(|mac| mac.chain_update(host.as_bytes()).verify_slice(&hash).is_ok()),
                _ => false,
            }
        }),
        None => {
            let field = field.to_ascii_lowercase();
            pattern::any_matches(field.split(','), host)
        }
    }
}

/// Adds a host's key to a known_hosts file, which is made (mode 0600) with its folder (mode 0700) if need be.
///
/// # Errors
/// When the file can't be written.
pub(super) fn remember(file: &Path, host: &str, key: &PublicKey, hashed: bool) -> Result<()> {
    let failed = |error: &dyn fmt::Display| {
        Error::new(format!("can't write the host key to '{}'", file.display())).cause(error)
    };
    let line = format!(
        "{} {}\n",
        if hashed { hash(host).map_err(|error| failed(&error))? } else { host.to_owned() },
        PublicKey::new(key.key_data().clone(), "").to_openssh().map_err(|error| failed(&error))?.trim_end()
    );
    let write = || -> std::io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        if let Some(folder) = file.parent().filter(|folder| !folder.exists()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file =
            std::fs::OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(file)?;
        // Somebody's editor may have left the last line without its end.
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last)?;
        }
        let line = if last == [b'\n'] { line.clone() } else { format!("\n{line}") };
        file.write_all(line.as_bytes())
    };
    write().map_err(|error| failed(&error))
}

/// A host's name as the hash that hides it.
fn hash(host: &str) -> std::io::Result<String> {
    let mut salt = [0; 20];
    rustix::rand::getrandom(&mut salt, rustix::rand::GetRandomFlags::empty())?;
    let mac = Hmac::<Sha1>::new_from_slice(&salt).map_err(std::io::Error::other)?;
    let hash = mac.chain_update(host.as_bytes()).finalize().into_bytes();
    Ok(format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use super::*;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio";

    fn key(line: &str) -> PublicKey {
        PublicKey::from_openssh(line).unwrap()
    }

    fn lines(file: &Path, host: &str) -> BTreeSet<usize> {
        let known = KnownHosts::read(&[file.to_path_buf()], host);
        known.entries.iter().map(|entry| entry.place.line).collect()
    }

    #[test]
    fn the_same_lines_are_found_as_by_ssh_keygen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        let text = [
            format!("plain {ONE} a comment"),
            String::new(),
            "# comment".to_owned(),
            format!("a,b,10.0.0.1 {ONE}"),
            format!("*.example.com,!bad.example.com {ONE}"),
            format!("[plain]:2222,[*.org]:99 {ONE}"),
            format!("UPPER.example.org {ONE}"),
            format!("\ttabbed\t{}", ONE.replace(' ', "\t")),
            format!("  spaced   {ONE}"),
            format!("@cert-authority *.example.com {TWO}"),
            format!("@revoked plain {TWO}"),
            format!("web? {TWO}"),
            format!("plain {TWO}"),
            "corrupt ssh-ed25519 garbage".to_owned(),
            "plain".to_owned(),
        ];
        std::fs::write(&file, text.join("\n") + "\n").unwrap();
        // Two hashed lines at the end, one of them with a port.
        for host in ["hidden.example.net", "[hidden]:44"] {
            remember(&file, host, &key(ONE), true).unwrap();
        }
        let hosts = [
            "plain",
            "a",
            "b",
            "c",
            "10.0.0.1",
            "x.example.com",
            "bad.example.com",
            "example.com",
            "[plain]:2222",
            "[plain]:22",
            "[x.org]:99",
            "upper.example.org",
            "tabbed",
            "spaced",
            "web1",
            "web",
            "hidden.example.net",
            "hidden",
            "[hidden]:44",
            "[hidden]:45",
        ];
        for host in hosts {
            let output = Command::new("ssh-keygen").arg("-f").arg(&file).args(["-F", host]).output().unwrap();
            let theirs: BTreeSet<usize> = String::from_utf8(output.stdout)
                .unwrap()
                .lines()
                .filter_map(|line| {
                    line.strip_prefix("# Host ")?
                        .split("found: line ")
                        .nth(1)?
                        .split(' ')
                        .next()?
                        .parse()
                        .ok()
                })
                .collect();
            assert_eq!(lines(&file, host), theirs, "{host}");
        }
        assert_eq!(lines(&file, "corrupt"), BTreeSet::new(), "a key that can't be read is none");
        assert_eq!(lines(&file, "[hidden]:44"), BTreeSet::from([17]));
    }

    proptest::proptest! {
        #[test]
        fn no_line_breaks_the_reading(line in r"(@revoked |@cert-authority |\|1\||web|\*|,|!|ssh-ed25519|AAAA|[ \t=|é]|\PC){0,20}") {
            let _ = parse_line(&line, "web");
            let _ = parse_line(&format!("* {line}"), "web");
        }
    }

    #[test]
    fn a_key_is_judged_by_all_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        let judge = |text: &str, host: &str| {
            std::fs::write(&file, text).unwrap();
            KnownHosts::read(&[folder.path().join("absent"), file.clone()], host).judge(&key(ONE))
        };
        let place = |line| Place { file: file.clone(), line };
        assert_eq!(judge("", "web"), Verdict::Unknown);
        assert_eq!(judge(&format!("db {ONE}\n"), "web"), Verdict::Unknown);
        assert_eq!(judge(&format!("web {ONE}\n"), "web"), Verdict::Known);
        assert_eq!(
            judge(&format!("web {TWO}\nweb {ONE}\n"), "web"),
            Verdict::Known,
            "a host may have two keys of one type"
        );
        assert_eq!(judge(&format!("# x\nweb {TWO}\n"), "web"), Verdict::Changed(place(2)));
        assert_eq!(judge(&format!("web {ONE}\n@revoked * {ONE}\n"), "web"), Verdict::Revoked(place(2)));
        assert_eq!(
            judge(&format!("@cert-authority web {ONE}\n"), "web"),
            Verdict::Unknown,
            "an authority is no host"
        );
    }

    #[test]
    fn a_remembered_key_is_found_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join("known_hosts");
        remember(&file, "web", &key(ONE), false).unwrap();
        remember(&file, "[db]:22", &key(TWO), true).unwrap();
        assert_eq!(KnownHosts::read(std::slice::from_ref(&file), "web").judge(&key(ONE)), Verdict::Known);
        assert_eq!(KnownHosts::read(std::slice::from_ref(&file), "[db]:22").judge(&key(TWO)), Verdict::Known);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert!(!std::fs::read_to_string(&file).unwrap().contains("[db]"));
        assert!(remember(Path::new("/proc/nothing/known_hosts"), "web", &key(ONE), false).is_err());
    }
}
