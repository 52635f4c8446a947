use std::path::Path;

use module::{
    Arguments, FileArguments, HostPath, MadeFile, Mode, Module, Outcome, Presence, Regenerate,
    back_up_secret, remove_secret,
};
use pki::{Curve, KeyFormat, KeyKind, KeyText};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System, md5_hex, sha1_hex, sha224_hex, sha256_hex, sha384_hex, sha512_hex};
use value::Value;

/// Makes a private key, for certificates.
///
/// The host needs no program for it. A dry run says that there will be a key, and can't know which. A key that is not
/// as the arguments say is replaced by a new one: see `regenerate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpensslPrivatekey {
    /// The file of the key. Its mode is 0600 if none is given.
    path: HostPath,
    /// Whether the file shall be there.
    #[serde(default)]
    state: Presence,
    /// What kind of key it is. RSA, ECC and Ed25519 are made.
    #[serde(default, rename = "type")]
    kind: Type,
    /// The number of bits of an RSA key.
    #[serde(default = "usual_size")]
    size: usize,
    /// The curve of an ECC key: `secp256r1`, `secp384r1` or `secp521r1`.
    curve: Option<String>,
    /// What protects the key.
    passphrase: Option<String>,
    /// How it is encrypted: `auto` chooses.
    #[serde(default = "auto")]
    #[allow(dead_code)]
    cipher: String,
    /// How it is written. `pkcs1` is the own format of RSA and ECC; `auto` and `auto_ignore` take it where there is
    /// one, and PKCS #8 otherwise. With `auto_ignore` the format of a key that is there does not matter.
    #[serde(default)]
    format: Format,
    /// What happens to a key that is only written in another format.
    #[serde(default)]
    format_mismatch: FormatMismatch,
    /// When a key that is there is replaced.
    #[serde(default = "full")]
    regenerate: Regenerate,
    /// Make a new key each time.
    #[serde(default)]
    force: bool,
    /// Keep what is replaced or removed beside it.
    #[serde(default)]
    backup: bool,
    /// Give the key as `privatekey`. It is as secret there as in the file.
    #[serde(default)]
    return_content: bool,
    /// Taken, and means nothing.
    #[serde(default = "auto")]
    #[allow(dead_code)]
    select_crypto_backend: String,
    #[serde(flatten)]
    file: FileArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
enum Type {
    #[serde(rename = "DSA")]
    Dsa,
    #[serde(rename = "ECC")]
    Ecc,
    Ed25519,
    Ed448,
    #[default]
    #[serde(rename = "RSA")]
    Rsa,
    X25519,
    X448,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Format {
    Pkcs1,
    Pkcs8,
    Raw,
    Auto,
    #[default]
    AutoIgnore,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum FormatMismatch {
    #[default]
    Regenerate,
    Convert,
}

fn usual_size() -> usize {
    4096
}

fn auto() -> String {
    "auto".to_owned()
}

fn full() -> Regenerate {
    Regenerate::FullIdempotence
}

impl Arguments for OpensslPrivatekey {
    const NAME: &'static str = "openssl_privatekey";
    const EXAMPLES: &'static str = r#"
- name: The web server has a key
  openssl_privatekey:
    path: /etc/ssl/private/www.example.com.key
    type: ECC
    curve: secp256r1
    group: ssl-cert
    mode: "0640"
"#;
}

/// What happens to the key that is there.
enum Fate {
    Stays,
    Converted(Box<KeyText>),
    Replaced,
}

impl Module for OpensslPrivatekey {
    fn run(mut self, host: &mut System) -> Result<Outcome> {
        let path = self.path.expand(host)?;
        if self.file.mode.is_none() {
            self.file.mode = Some(Mode::new("0600"));
        }
        let mut outcome = Outcome::new()
            .with("filename", path.to_string_lossy().as_ref())
            .with("type", self.word())
            .with("size", self.size);
        if self.kind == Type::Ecc {
            outcome = outcome.with("curve", self.curve.clone());
        }
        if self.state == Presence::Absent {
            if self.backup && host.follow(&path)?.is_some() {
                let kept = back_up_secret(host, &path)?;
                outcome = outcome.with("backup_file", kept.to_string_lossy().as_ref());
            }
            remove_secret(host, &path)?;
            return Ok(outcome.with("fingerprint", Value::Null));
        }
        let kind = self.kind()?;
        let fate = self.fate(host, &path, kind)?;
        if !matches!(fate, Fate::Stays) {
            if self.backup && host.follow(&path)?.is_some() {
                let kept = back_up_secret(host, &path)?;
                outcome = outcome.with("backup_file", kept.to_string_lossy().as_ref());
            }
            self.make(host, &path, kind, fate)?;
        }
        let now = host.inode(&path)?;
        let want = self.file.applied_to(host, now.clone())?;
        host.place(&now, want)?;
        self.file.marks().settle(host, &path)?;
        self.told(host, outcome, &path)
    }
}

impl OpensslPrivatekey {
    fn word(&self) -> &'static str {
        match self.kind {
            Type::Dsa => "DSA",
            Type::Ecc => "ECC",
            Type::Ed25519 => "Ed25519",
            Type::Ed448 => "Ed448",
            Type::Rsa => "RSA",
            Type::X25519 => "X25519",
            Type::X448 => "X448",
        }
    }

    fn kind(&self) -> Result<KeyKind> {
        match (self.kind, self.curve.as_deref()) {
            (Type::Rsa, _) => Ok(KeyKind::Rsa(self.size)),
            (Type::Ed25519, _) => Ok(KeyKind::Ed25519),
            // Playbooks look for these words.
            (Type::Ecc, None) => {
                Err(Error::failed("type is ECC but all of the following are missing: curve"))
            }
            (Type::Ecc, Some(word)) => {
                let curve = Curve::ALL.into_iter().find(|curve| curve.word() == word);
                let known: Vec<&str> = Curve::ALL.iter().map(|curve| curve.word()).collect();
                let unknown = || {
                    let known = known.join(", ");
                    Error::failed(format!("no keys are made on the curve '{word}', but on these: {known}"))
                };
                curve.map(KeyKind::Elliptic).ok_or_else(unknown)
            }
            _ => Err(Error::failed(format!(
                "keys of the type '{}' are not made, but those of RSA, ECC and Ed25519",
                self.word()
            ))),
        }
    }

    fn passphrase(&self) -> Option<&str> {
        self.passphrase.as_deref().filter(|passphrase| !passphrase.is_empty())
    }

    fn format(&self, kind: KeyKind) -> KeyFormat {
        match (self.format, kind) {
            (Format::Pkcs1, _) => KeyFormat::Traditional,
            (Format::Pkcs8, _) | (_, KeyKind::Ed25519) if self.format != Format::Raw => KeyFormat::Pkcs8,
            (Format::Raw, _) => KeyFormat::Raw,
            _ => KeyFormat::Traditional,
        }
    }

    /// Whether the key that is there stays.
    fn fate(&self, host: &mut System, path: &Path, kind: KeyKind) -> Result<Fate> {
        let regenerate = if self.force { Regenerate::Always } else { self.regenerate };
        if host.follow(path)?.is_none() || regenerate == Regenerate::Always {
            return Ok(Fate::Replaced);
        }
        let bytes = host.read(path)?;
        let read = KeyText::parse(&bytes, self.passphrase()).ok();
        let Some(found) = read.filter(|found| found.encrypted == self.passphrase().is_some()) else {
            if regenerate.replaces_unreadable() {
                return Ok(Fate::Replaced);
            }
            // Playbooks look for these words, here and below.
            return Err(Error::failed(
                "Unable to read the key. The key is protected with a another passphrase / no passphrase or broken. \
                 Will not proceed. To force regeneration, call the module with `generate` set to `full_idempotence` \
                 or `always`, or with `force=true`.",
            ));
        };
        if found.key.kind() != kind && regenerate != Regenerate::Never {
            if regenerate.replaces_mismatch() {
                return Ok(Fate::Replaced);
            }
            return Err(Error::failed(
                "Key has wrong type and/or size. Will not proceed. To force regeneration, call the module with \
                 `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`.",
            ));
        }
        if self.format == Format::AutoIgnore || found.format == self.format(kind) {
            return Ok(Fate::Stays);
        }
        match (self.format_mismatch, regenerate) {
            (FormatMismatch::Convert, _) => Ok(Fate::Converted(Box::new(found))),
            (FormatMismatch::Regenerate, Regenerate::Never) => Ok(Fate::Stays),
            (FormatMismatch::Regenerate, regenerate) if regenerate.replaces_mismatch() => Ok(Fate::Replaced),
            (FormatMismatch::Regenerate, _) => Err(Error::failed(
                "Key has wrong format. Will not proceed. To force regeneration, call the module with `generate` set \
                 to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`. To convert the key, \
                 set `format_mismatch` to `convert`.",
            )),
        }
    }

    fn make(&self, host: &mut System, path: &Path, kind: KeyKind, fate: Fate) -> Result<()> {
        let now = host.inode(path)?;
        let unknown = match fate {
            Fate::Converted(_) => "a private key that has not been written in another format yet",
            _ => "a private key that has not been made yet",
        };
        MadeFile { file: &self.file, permissions: 0o600, unknown }.put(host, &now, || {
            let key = match fate {
                Fate::Converted(found) => found.key,
                _ => pki::PrivateKey::generate(kind).map_err(failed)?,
            };
            Ok(key.written(self.format(kind), self.passphrase()).map_err(failed)?.to_vec())
        })?;
        Ok(())
    }

    /// What the key tells; in a dry run that would make it, nobody knows.
    fn told(&self, host: &mut System, outcome: Outcome, path: &Path) -> Result<Outcome> {
        let bytes = match host.read(path) {
            Ok(bytes) => bytes,
            Err(Error::Unknown(unknown)) => {
                let unknown = host.caused(unknown);
                let outcome = outcome.with("fingerprint", unknown.clone());
                return Ok(match self.return_content {
                    true => outcome.with("privatekey", unknown),
                    false => outcome,
                });
            }
            Err(error) => return Err(error),
        };
        let found = KeyText::parse(&bytes, self.passphrase()).map_err(failed)?;
        let public = found.key.public_key().and_then(|key| key.to_der()).map_err(failed)?;
        let outcome = outcome.with("fingerprint", fingerprints(&public));
        Ok(match (self.return_content, found.format) {
            (false, _) => outcome,
            (true, KeyFormat::Raw) => outcome.with("privatekey", base64_of(&bytes)),
            (true, _) => outcome.with("privatekey", String::from_utf8_lossy(&bytes).as_ref()),
        })
    }
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The digests of a public key, in pairs of digits.
fn fingerprints(public: &[u8]) -> Value {
    let digests = [
        ("md5", md5_hex(public)),
        ("sha1", sha1_hex(public)),
        ("sha224", sha224_hex(public)),
        ("sha256", sha256_hex(public)),
        ("sha384", sha384_hex(public)),
        ("sha512", sha512_hex(public)),
    ];
    Value::map(digests.map(|(name, digits)| {
        let pairs: Vec<String> =
            digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
        (name, pairs.join(":"))
    }))
}

fn failed(error: pki::Error) -> Error {
    Error::failed(error.to_string())
}
