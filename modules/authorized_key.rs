use std::path::Path;
use std::time::Duration;

use module::{Arguments, FileArguments, HostPath, Mode, Module, NewContent, Outcome, Presence, WebClient};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, HttpAddress, Kind, Result, System, User};

/// Adds public keys to the `authorized_keys` file of an account, and removes them.
///
/// A key is found by its kind and its digits, whatever its comment and its options are. Lines that are no keys stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizedKey {
    /// Whose file it is.
    user: String,
    /// The keys, one on each line; or an address of `http` or `https` to get them from.
    key: String,
    /// The file, instead of `.ssh/authorized_keys` in the account's home directory.
    path: Option<HostPath>,
    /// Make the directory of the file, and let it belong to the account alone. Not for a directory that others use.
    #[serde(default = "yes")]
    manage_dir: bool,
    /// Whether the keys shall be there.
    #[serde(default)]
    state: Presence,
    /// What stands before the key: what it may be used for (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
    key_options: Option<String>,
    /// Remove all other keys. In a loop, each round removes those of the round before.
    #[serde(default)]
    exclusive: bool,
    /// What stands behind the key, instead of its own comment.
    comment: Option<String>,
    /// For an address: whether the server's certificate is checked.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// If the file is a symbolic link: write to what it leads to instead of replacing the link.
    #[serde(default)]
    follow: bool,
}

fn yes() -> bool {
    true
}

impl Arguments for AuthorizedKey {
    const NAME: &'static str = "authorized_key";
    const EXAMPLES: &'static str = r#"
- name: The operators log in with their keys
  authorized_key:
    user: ops
    key: "{{ lookup('file', 'ops.pub') }}"

- name: The backup may do one thing, and nobody else may come in
  authorized_key:
    user: backup
    key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIzlnSq5ESxLgW0avvPk3j7zLV59hcAPkxrMNdnZMKP2 backup
    key_options: 'command="/usr/local/bin/back-up",restrict'
    exclusive: true
"#;
}

/// The kinds of keys that sshd(8) knows.
const KINDS: [&str; 14] = [
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
];

/// A line with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    options: String,
    kind: String,
    digits: String,
    comment: String,
}

impl Key {
    /// `None` for a line that has none.
    fn parse(line: &str) -> Option<Key> {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let starts_with_kind = line.split_whitespace().next().is_some_and(|word| KINDS.contains(&word));
        let (options, rest) = if starts_with_kind { ("", line) } else { line.split_at(end_of_options(line)) };
        let (kind, rest) = rest.trim_start().split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        let (digits, comment) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if !KINDS.contains(&kind) || digits.is_empty() {
            return None;
        }
        Some(Key {
            options: options.to_owned(),
            kind: kind.to_owned(),
            digits: digits.to_owned(),
            comment: comment.trim().to_owned(),
        })
    }

    fn is_same(&self, other: &Key) -> bool {
        (&self.kind, &self.digits) == (&other.kind, &other.digits)
    }

    fn line(&self) -> String {
        let parts = [&self.options, &self.kind, &self.digits, &self.comment];
        parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// Where the options of a line end: at the first blank outside of quotes.
fn end_of_options(line: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return at,
            _ => {}
        }
    }
    line.len()
}

impl Module for AuthorizedKey {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let account = host.observe::<User>(&self.user)?;
        let Some(uid) = account.uid else {
            return Err(Error::failed(format!(
                "Failed to lookup user {}: there is no such account",
                self.user
            )));
        };
        let keys = self.keys(host)?;
        let path = match &self.path {
            Some(path) => path.expand(host)?,
            None => Path::new(&account.home).join(".ssh/authorized_keys"),
        };
        let own = |mode: &str| FileArguments {
            owner: Some(uid.to_string()),
            group: Some(account.gid.to_string()),
            mode: Some(Mode::new(mode)),
            ..FileArguments::default()
        };
        let real = if self.follow { host.real_path(&path)? } else { path.clone() };
        let before = match host.follow(&real)? {
            Some(_) => String::from_utf8_lossy(&host.read(&real)?).into_owned(),
            None => String::new(),
        };
        let after = self.edited(&before, &keys);
        let is_there = host.follow(&real)?.is_some();
        if after != before || (self.state == Presence::Present && !is_there) {
            self.make_directory(host, &real, &own("0700"))?;
            let now = host.inode(&real)?;
            let file = own("0600");
            NewContent { bytes: Some(after.into_bytes()), ..file.kept_content() }.put(host, &now)?;
        }
        Ok(self.told(&path))
    }
}

impl AuthorizedKey {
    /// The keys that are meant, as they are to stand in the file.
    fn keys(&self, host: &mut System) -> Result<Vec<Key>> {
        let text = match HttpAddress::parse(&self.key) {
            Some(address) => self.download(host, address)?,
            None => self.key.clone(),
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|line| {
                // Playbooks look for these words.
                let mut key = Key::parse(line)
                    .ok_or_else(|| Error::failed(format!("invalid key specified: {line}")))?;
                if let Some(options) = &self.key_options {
                    key.options.clone_from(options);
                }
                if let Some(comment) = &self.comment {
                    key.comment.clone_from(comment);
                }
                Ok(key)
            })
            .collect()
    }

    fn download(&self, host: &mut System, address: HttpAddress) -> Result<String> {
        let failed =
            |why: String| Error::failed(format!("Error getting key from: {}", self.key)).context(why);
        let client = WebClient { verify: self.validate_certs, ..WebClient::new(Duration::from_secs(10)) };
        let answer = client.ask(host, "GET", address, Vec::new(), None);
        let response = answer.map_err(|failure| failed(failure.to_string()))?.response;
        match response.status {
            200 => Ok(String::from_utf8_lossy(&response.body).into_owned()),
            status => Err(failed(format!("the server answers {status}"))),
        }
    }

    fn make_directory(&self, host: &mut System, file: &Path, own: &FileArguments) -> Result<()> {
        let Some(directory) = file.parent().filter(|_| self.manage_dir) else { return Ok(()) };
        let now = match host.follow(directory)? {
            Some(found) => found,
            None => host.inode(directory)?,
        };
        let want = if now.is_absent() { now.clone().into_kind(Kind::Directory) } else { now.clone() };
        let want = own.applied_to(host, want)?;
        host.place(&now, want).map(drop)
    }

    /// The file's new content. Keys stay where they are, new ones come last.
    fn edited(&self, before: &str, keys: &[Key]) -> String {
        let wanted = |found: &Key| keys.iter().find(|key| key.is_same(found));
        let mut seen: Vec<Key> = Vec::new();
        let mut lines: Vec<String> = Vec::new();
        for line in before.lines() {
            let Some(found) = Key::parse(line) else {
                lines.push(line.to_owned());
                continue;
            };
            match (wanted(&found), self.state) {
                (Some(_), Presence::Absent) => {}
                (None, _) if self.exclusive && self.state == Presence::Present => {}
                (None, _) => lines.push(line.to_owned()),
                (Some(key), Presence::Present) if seen.iter().any(|seen| seen.is_same(key)) => {}
                (Some(key), Presence::Present) => {
                    seen.push(key.clone());
                    // What only differs in blanks stays as it is written.
                    lines.push(if *key == found { line.to_owned() } else { key.line() });
                }
            }
        }
        if self.state == Presence::Present {
            for key in keys {
                if !seen.iter().any(|seen| seen.is_same(key)) {
                    seen.push(key.clone());
                    lines.push(key.line());
                }
            }
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    fn told(self, path: &Path) -> Outcome {
        Outcome::new()
            .with("user", self.user)
            .with("key", self.key)
            .with("keyfile", path.to_string_lossy().as_ref())
            .with("path", self.path.as_ref().map(HostPath::as_str))
            .with("manage_dir", self.manage_dir)
            .with("state", self.state.word())
            .with("key_options", self.key_options)
            .with("exclusive", self.exclusive)
            .with("comment", self.comment)
            .with("validate_certs", self.validate_certs)
            .with("follow", self.follow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_have_blanks_in_quotes() {
        let line = r#"command="echo \"a b\"",restrict  ssh-ed25519   AAAA a  comment"#;
        let key = Key::parse(line).unwrap();
        assert_eq!(key.options, r#"command="echo \"a b\"",restrict"#);
        assert_eq!((key.kind.as_str(), key.digits.as_str()), ("ssh-ed25519", "AAAA"));
        assert_eq!(key.comment, "a  comment");
        for line in ["", "# ssh-rsa AAAA", "ssh-rsa", "no-pty", "no-pty ssh-foo AAAA"] {
            assert_eq!(Key::parse(line), None, "{line}");
        }
    }
}
