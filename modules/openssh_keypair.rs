use std::path::{Path, PathBuf};

use module::{
    Arguments, FileArguments, HostPath, MadeFile, Module, Outcome, Presence, Regenerate, remove_secret,
};
use pki::{Curve, KeyFormat, KeyKind, SshKeyPair, SshPublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System};
use value::Value;

/// Makes a key for OpenSSH: the private one in a file, and the public one beside it, with `.pub` behind the name.
///
/// The host needs no program for it. A dry run says that there will be a key, and can't know which.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpensshKeypair {
    /// The file of the private key.
    path: HostPath,
    /// Whether the two files shall be there.
    #[serde(default)]
    state: Presence,
    /// What kind of key it is. Those that nobody should use any more are not made.
    #[serde(default, rename = "type")]
    kind: Type,
    /// The number of bits: 4096 for RSA if not given; for ECDSA 256, 384 or 521.
    size: Option<usize>,
    /// What stands behind the public key.
    comment: Option<String>,
    /// What protects the private key.
    passphrase: Option<String>,
    /// How the private key is written; `auto` is OpenSSH's own format.
    #[serde(default)]
    private_key_format: Format,
    /// When a key that is there is replaced.
    #[serde(default = "partial")]
    regenerate: Regenerate,
    /// Make a new key each time.
    #[serde(default)]
    force: bool,
    /// Taken, and means nothing.
    #[serde(default)]
    #[allow(dead_code)]
    backend: Backend,
    #[serde(flatten)]
    file: FileArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Type {
    #[default]
    Rsa,
    Dsa,
    Rsa1,
    Ecdsa,
    Ed25519,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Format {
    #[default]
    Auto,
    Pkcs1,
    Pkcs8,
    Ssh,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Backend {
    #[default]
    Auto,
    Cryptography,
    Opensshbin,
}

fn partial() -> Regenerate {
    Regenerate::PartialIdempotence
}

impl Arguments for OpensshKeypair {
    const NAME: &'static str = "openssh_keypair";
    const EXAMPLES: &'static str = r#"
- name: The deployer has a key
  openssh_keypair:
    path: /home/deploy/.ssh/id_ed25519
    type: ed25519
    comment: deploy@example.com
    owner: deploy
    group: deploy
  register: key

- name: It may log in
  authorized_key:
    user: app
    key: "{{ key.public_key }}"
"#;
}

impl Module for OpensshKeypair {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let path = self.path.expand(host)?;
        let (kind, size) = self.kind()?;
        let found = host.follow(&path)?;
        if found.is_some_and(|found| found.is_directory()) {
            let message = format!("{} is a directory. Please specify a path to a file.", path.display());
            return Err(Error::failed(message));
        }
        let mut public_path = path.clone().into_os_string();
        public_path.push(".pub");
        let public_path = PathBuf::from(public_path);
        let outcome = Outcome::new()
            .with("size", size)
            .with("type", Value::from(word(self.kind)))
            .with("filename", path.to_string_lossy().as_ref());
        if self.state == Presence::Absent {
            remove_secret(host, &path)?;
            remove_secret(host, &public_path)?;
            return Ok(outcome.with("fingerprint", "").with("public_key", "").with("comment", ""));
        }
        match self.kept(host, &path, kind)? {
            None => self.make(host, &path, &public_path, kind)?,
            Some(pair) => self.mend(host, &path, &public_path, pair)?,
        }
        for path in [&path, &public_path] {
            let now = host.inode(path)?;
            let want = self.file.applied_to(host, now.clone())?;
            host.place(&now, want)?;
            self.file.marks().settle(host, path)?;
        }
        told(host, outcome, &public_path)
    }
}

impl OpensshKeypair {
    fn kind(&self) -> Result<(KeyKind, usize)> {
        // Playbooks look for these words.
        match (self.kind, self.size) {
            (Type::Rsa, Some(size)) if size < 1024 => Err(Error::failed(
                "For RSA keys, the minimum size is 1024 bits and the default is 4096 bits. Attempting to use bit \
                 lengths under 1024 will cause the module to fail.",
            )),
            (Type::Rsa, size) => {
                let size = size.unwrap_or(4096);
                Ok((KeyKind::Rsa(size), size))
            }
            (Type::Ecdsa, size) => {
                let size = size.unwrap_or(256);
                let curve = Curve::ALL.into_iter().find(|curve| curve.bits() == size);
                let curve = curve.ok_or_else(|| {
                    Error::failed(
                        "For ECDSA keys, size determines the key length by selecting from one of three elliptic \
                         curve sizes: 256, 384 or 521 bits. Attempting to use bit lengths other than these three \
                         values for ECDSA keys will cause this module to fail.",
                    )
                })?;
                Ok((KeyKind::Elliptic(curve), size))
            }
            (Type::Ed25519, _) => Ok((KeyKind::Ed25519, 256)),
            (Type::Dsa | Type::Rsa1, _) => Err(Error::failed(format!(
                "keys of the type '{}' are not safe any more and are not made",
                word(self.kind)
            ))),
        }
    }

    fn passphrase(&self) -> Option<&str> {
        self.passphrase.as_deref().filter(|passphrase| !passphrase.is_empty())
    }

    fn format(&self) -> Option<KeyFormat> {
        match self.private_key_format {
            Format::Auto | Format::Ssh => None,
            Format::Pkcs1 => Some(KeyFormat::Traditional),
            Format::Pkcs8 => Some(KeyFormat::Pkcs8),
        }
    }

    /// The key that is there, if it stays.
    fn kept(&self, host: &mut System, path: &Path, kind: KeyKind) -> Result<Option<SshKeyPair>> {
        let regenerate = if self.force { Regenerate::Always } else { self.regenerate };
        if host.follow(path)?.is_none() || regenerate == Regenerate::Always {
            return Ok(None);
        }
        let bytes = host.read(path)?;
        let read = SshKeyPair::parse(&bytes, self.passphrase()).ok();
        let read = read.filter(|pair| pair.encrypted == self.passphrase().is_some());
        let Some(pair) = read else {
            if regenerate.replaces_unreadable() {
                return Ok(None);
            }
            // Playbooks look for these words.
            return Err(Error::failed(
                "Unable to read the key. The key is protected with a passphrase or broken. Will not proceed. To force \
                 regeneration, call the module with `generate` set to `full_idempotence` or `always`, or with \
                 `force=true`.",
            ));
        };
        // What is written in another format is as good, unless one is asked for.
        let same_format = self.private_key_format == Format::Auto || pair.format == self.format();
        let as_wanted = pair.kind() == Some(kind) && same_format;
        match regenerate {
            Regenerate::Fail if !as_wanted => Err(Error::failed(
                "Key has wrong type and/or size. Will not proceed. To force regeneration, call the module with \
                 `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`.",
            )),
            regenerate => Ok(Some(pair).filter(|_| as_wanted || !regenerate.replaces_mismatch())),
        }
    }

    fn make(&self, host: &mut System, path: &Path, public_path: &Path, kind: KeyKind) -> Result<()> {
        let comment = self.comment.clone().unwrap_or_default();
        let mut made = None;
        let private = MadeFile {
            file: &self.file,
            permissions: 0o600,
            unknown: "a private key that has not been made yet",
        };
        let now = host.inode(path)?;
        private.put(host, &now, || {
            let pair = SshKeyPair::generate(kind, &comment).map_err(failed)?;
            let text = pair.private_text(self.format(), self.passphrase()).map_err(failed)?;
            made = Some(pair);
            Ok(text.to_vec())
        })?;
        let public = MadeFile {
            file: &self.file,
            permissions: 0o644,
            unknown: "the public half of a key that has not been made yet",
        };
        let now = host.inode(public_path)?;
        public.put(host, &now, || match &made {
            Some(pair) => Ok(line_of(pair)?.into_bytes()),
            None => Err(Error::failed("no key was made")),
        })?;
        Ok(())
    }

    /// Brings the public key in line with the private one, and the comment in line with what is asked for.
    fn mend(&self, host: &mut System, path: &Path, public_path: &Path, pair: SshKeyPair) -> Result<()> {
        let there = host.read_text_if_any(public_path)?.and_then(|text| SshPublicKey::parse(&text));
        let own = SshPublicKey::parse(&line_of(&pair)?);
        let same = there.as_ref().zip(own.as_ref()).is_some_and(|(there, own)| there.is_same(own));
        let comment = match (&self.comment, &there) {
            (Some(comment), _) => comment.clone(),
            (None, Some(there)) if same => there.comment(),
            (None, _) => pair.comment(),
        };
        if same && there.is_some_and(|there| there.comment() == comment) {
            return Ok(());
        }
        let pair_comment = pair.comment();
        let pair = pair.with_comment(&comment);
        let now = host.inode(public_path)?;
        let mut want = now.clone().with_content(line_of(&pair)?.into_bytes());
        want.permissions = want.permissions.or(Some(0o644));
        host.place(&now, want)?;
        // Only OpenSSH's own format has a comment in the private key.
        if self.comment.is_some() && pair.format.is_none() && pair_comment != comment {
            let now = host.inode(path)?;
            let file = FileArguments::default();
            let file = MadeFile {
                file: &file,
                permissions: 0o600,
                unknown: "a private key that is to have another comment",
            };
            file.put(host, &now, || {
                Ok(pair.private_text(None, self.passphrase()).map_err(failed)?.to_vec())
            })?;
        }
        Ok(())
    }
}

fn line_of(pair: &SshKeyPair) -> Result<String> {
    Ok(pair.public_line().map_err(failed)? + "\n")
}

fn word(kind: Type) -> &'static str {
    match kind {
        Type::Rsa => "rsa",
        Type::Dsa => "dsa",
        Type::Rsa1 => "rsa1",
        Type::Ecdsa => "ecdsa",
        Type::Ed25519 => "ed25519",
    }
}

/// What the public key tells; in a dry run that would make it, nobody knows.
fn told(host: &mut System, outcome: Outcome, public_path: &Path) -> Result<Outcome> {
    let keys = ["fingerprint", "public_key", "comment"];
    match host.read(public_path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).trim().to_owned();
            let key = SshPublicKey::parse(&text);
            Ok(outcome
                .with("fingerprint", key.as_ref().map(SshPublicKey::fingerprint).unwrap_or_default())
                .with("comment", key.as_ref().map(SshPublicKey::comment).unwrap_or_default())
                .with("public_key", text))
        }
        Err(Error::Unknown(unknown)) => {
            let unknown = host.caused(unknown);
            Ok(keys.into_iter().fold(outcome, |outcome, key| outcome.with(key, unknown.clone())))
        }
        Err(error) => Err(error),
    }
}

fn failed(error: pki::Error) -> Error {
    Error::failed(error.to_string())
}
